package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	mebibyte = 1 << 20
	// idling is for how long a process is left alone before its memory is read.
	idling = 3 * time.Second
)

// benchServe starts the program that is shipped on a database with 10,000 spaces, asks it for its first page, and reads how
// much memory it has when nothing is asked of it.
func benchServe(b *testing.B, t *table, env []string) {
	b.Helper()
	program := filepath.Join(b.TempDir(), "nichoir")
	build := exec.CommandContext(b.Context(), "go", "build", "-o", program, "nichoir/cmd/nichoir")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build the program: %v\n%s", err, out)
	}
	var first, bare durations
	var idle, scraped int64
	for b.Loop() {
		for range 7 {
			bare = append(bare, timed(b, func() error { return bareStart(b, program, env) }))
			s := serve(b, program, env)
			first = append(first, s.first)
			s.stop(b)
		}
		s := serve(b, program, env)
		wait(b, idling)
		idle = residentBytes(b, s.Process.Pid)
		for range 10 {
			get(b, "http://"+s.metrics+"/metrics")
		}
		wait(b, idling)
		scraped = residentBytes(b, s.Process.Pid)
		s.stop(b)
	}
	b.ReportMetric(milliseconds(first.at(.5)), "p50-ms")
	b.ReportMetric(float64(idle)/mebibyte, "MiB")
	b.ReportMetric(float64(scraped)/mebibyte, "MiB-after-scrapes")
	t.add(row{what: "start to first answer", target: "< 1 s", measured: fmt.Sprintf("p50 %s, worst %s", ms(first.at(.5)), ms(first.at(1))),
		limit: fmt.Sprintf("%s, “nichoir version” and one connection to PostgreSQL", ms(bare.at(.5))),
		ratio: part(float64(bare.at(.5)) / float64(first.at(.5))), missed: first.at(.5) >= time.Second})
	t.add(row{what: "memory, idle with 10,000 spaces", target: "< 100 MB", measured: fmt.Sprintf("%.1f MB resident", float64(idle)/1e6),
		limit: "–", missed: idle >= 100e6})
	t.add(row{what: "… after ten scrapes", target: "< 100 MB", measured: fmt.Sprintf("%.1f MB resident", float64(scraped)/1e6),
		limit: "–", missed: scraped >= 100e6})
}

// served is a running “nichoir serve”.
type served struct {
	*exec.Cmd

	first   time.Duration // from its start to its first page
	metrics string        // where it serves them
	read    chan struct{} // closed when its log has ended
}

func serve(b *testing.B, program string, env []string) *served {
	b.Helper()
	s := &served{Cmd: exec.CommandContext(b.Context(), program, "serve"), read: make(chan struct{})}
	s.Env = append(slices.Clone(env), "NICHOIR_LOG_FORMAT=json", "NICHOIR_LOG_LEVEL=INFO")
	log, err := s.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if err := s.Start(); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(log)
	var started struct {
		Msg     string `json:"msg"`
		Pages   string `json:"pages"`
		Metrics string `json:"metrics"`
	}
	var said strings.Builder
	for started.Msg != "started" {
		if !lines.Scan() {
			b.Fatalf("it did not start: %v\n%s", lines.Err(), said.String())
		}
		said.WriteString(lines.Text() + "\n")
		if err := json.Unmarshal(lines.Bytes(), &started); err != nil {
			b.Fatalf("read its log: %v\n%s", err, said.String())
		}
	}
	get(b, "http://"+started.Pages+"/")
	s.first, s.metrics = time.Since(began), started.Metrics
	go func() { // so that it never waits for a reader of its log
		defer close(s.read)
		_, _ = io.Copy(io.Discard, log) // it ends with the process, however that does
	}()
	return s
}

func (s *served) stop(b *testing.B) {
	b.Helper()
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		b.Fatal(err)
	}
	<-s.read
	if err := s.Wait(); err != nil {
		b.Fatalf("it ended with %v", err)
	}
}

// bareStart is the least that a program on a database does.
func bareStart(b *testing.B, program string, env []string) error {
	b.Helper()
	if err := exec.CommandContext(b.Context(), program, "version").Run(); err != nil {
		return err
	}
	conn, err := pgx.Connect(b.Context(), strings.TrimPrefix(env[0], "NICHOIR_DATABASE_URL="))
	if err != nil {
		return err
	}
	return conn.Close(context.WithoutCancel(b.Context()))
}

func get(b *testing.B, address string) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		b.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		b.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		b.Fatalf("%s answers %d", address, answer.StatusCode)
	}
}

// wait lets time pass, unless the benchmark ends.
func wait(b *testing.B, d time.Duration) {
	b.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-b.Context().Done():
	}
}

// residentBytes is how much memory a process has, as Linux tells it.
func residentBytes(b *testing.B, pid int) int64 {
	b.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if text, found := strings.CutPrefix(line, "VmRSS:"); found {
			kilobytes, err := strconv.ParseInt(strings.Fields(text)[0], 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	b.Fatalf("%s has no VmRSS", status)
	return 0
}
