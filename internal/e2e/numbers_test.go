package e2e_test

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// BenchmarkNumbers measures the design's numbers, each beside a limit measured in the same run, and prints them at its end.
// One round of each is what is meant: -benchtime 1x.
func BenchmarkNumbers(b *testing.B) {
	t := &table{before: load()}
	b.Cleanup(func() { t.print(os.Stdout) })
	b.Run("calls", func(b *testing.B) { benchCalls(b, t) })
	b.Run("provisioning", func(b *testing.B) { benchProvisioning(b, t) })
	b.Run("sweep", func(b *testing.B) { benchSweep(b, t) })
	b.Run("form", func(b *testing.B) { benchForms(b, t) })
	b.Run("desk", func(b *testing.B) { benchDesk(b, t) })
}

// row is one line of the table.
type row struct {
	what     string
	target   string
	measured string
	limit    string // what was measured beside it, and how much
	ratio    string // of the limit that was reached
	missed   bool
}

// table gathers what was measured.
type table struct {
	before string // the machine's load when it began
	rows   []row
}

// add keeps a row; the same thing measured again replaces what was measured before.
func (t *table) add(r row) {
	for i := range t.rows {
		if t.rows[i].what == r.what {
			t.rows[i] = r
			return
		}
	}
	t.rows = append(t.rows, r)
}

func (t *table) print(out io.Writer) {
	if len(t.rows) == 0 {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nNumbers to reach, measured on %d cores (%s/%s, %s). Load, Nichoir, PostgreSQL and the simulated Nextcloud share\n"+
		"them. PostgreSQL runs with fsync off, where nothing else is said. Load of the machine: %s before, %s after.\n\n",
		runtime.GOMAXPROCS(0), runtime.GOOS, runtime.GOARCH, runtime.Version(), t.before, load())
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "WHAT\tTARGET\tMEASURED\tLIMIT IN THE SAME RUN\tRATIO\t")
	for _, r := range t.rows {
		verdict := ""
		if r.missed {
			verdict = "missed"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.what, r.target, r.measured, r.limit, r.ratio, verdict)
	}
	if err := w.Flush(); err != nil { // a strings.Builder takes everything
		fmt.Fprintln(&b, err)
	}
	fmt.Fprintln(&b)
	if _, err := io.WriteString(out, b.String()); err != nil {
		panic(err) // the one thing that this is for
	}
}

// load is the machine's load average over the last minute, as Linux tells it: when others work on the machine, the figures
// tell of them as well.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// durations are how long each of many things took.
type durations []time.Duration

// at returns the duration that a part of them, 0 to 1, stays below.
func (d durations) at(part float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(d))
	return sorted[min(len(sorted)-1, int(part*float64(len(sorted))))]
}

// ms writes a duration in milliseconds, to three figures.
func ms(d time.Duration) string {
	f := float64(d) / float64(time.Millisecond)
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f ms", f)
	case f >= 10:
		return fmt.Sprintf("%.1f ms", f)
	default:
		return fmt.Sprintf("%.2f ms", f)
	}
}

// part writes a ratio.
func part(f float64) string { return fmt.Sprintf("%.2f", f) }

// milliseconds is a duration for b.ReportMetric.
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
