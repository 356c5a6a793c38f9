package app_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nichoir/internal/app"
)

// lastLine is part of what a demonstration prints when it is up.
const lastLine = "Ctrl-C stops"

// printed is what a demonstration printed so far.
type printed struct {
	up chan struct{} // closed with the last line

	mu   sync.Mutex
	text bytes.Buffer
	told bool
}

func newPrinted() *printed { return &printed{up: make(chan struct{})} }

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, err := p.text.Write(b)
	if !p.told && strings.Contains(p.text.String(), lastLine) {
		p.told = true
		close(p.up)
	}
	return n, err
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// address finds the address behind a line's name.
func (p *printed) address(t *testing.T, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(name) + ` +(http\S+)$`).FindStringSubmatch(p.String())
	if found == nil {
		t.Fatalf("%q is not printed:\n%s", name, p)
	}
	return found[1]
}

// awaitUp waits for longer than a busy machine takes to make a cluster.
func (p *printed) awaitUp(t *testing.T) {
	t.Helper()
	select {
	case <-p.up:
	case <-time.After(4 * patience):
		t.Fatalf("the demonstration does not get up:\n%s", p)
	}
}

// demoFolder is one that the account which runs PostgreSQL can reach, unlike those of t.TempDir.
func demoFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "nichoir-demo-test-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(folder, 0o711); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "demo")
}

// startDemo runs a demonstration in this process; stop interrupts it and returns its exit code.
func startDemo(t *testing.T, args ...string) (out *printed, stop func() int) {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	out = newPrinted()
	code := make(chan int, 1)
	go func() {
		code <- app.Execute(ctx, app.Terminal{Args: append([]string{"demo"}, args...), Out: out, Err: out})
	}()
	stop = sync.OnceValue(func() int { interrupt(); return <-code })
	t.Cleanup(func() { stop() })
	out.awaitUp(t)
	return out, stop
}

// visit reads a page with a browser's cookies.
func visit(t *testing.T, b *http.Client, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return answer(t, b, r)
}

func send(t *testing.T, b *http.Client, address string, values url.Values) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(values.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return answer(t, b, r)
}

func answer(t *testing.T, b *http.Client, r *http.Request) string {
	t.Helper()
	resp, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s answers %d\n%s", r.Method, r.URL.Path, resp.StatusCode, body)
	}
	return string(body)
}

func newVisitor(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: transport, Timeout: patience}
}

// signInByDoor lets the admin in as a newcomer does: the printed link, its button, the door's code.
func signInByDoor(t *testing.T, out *printed) *http.Client {
	t.Helper()
	b := newVisitor(t)
	send(t, b, out.address(t, "as an admin"), nil)
	code := regexp.MustCompile(`<p class="code">([0-9]{3} [0-9]{3})</p>`).FindStringSubmatch(visit(t, b, out.address(t, "again, and codes")))
	if code == nil {
		t.Fatal("the door shows no code")
	}
	send(t, b, out.address(t, "Nichoir")+"connexion/code", url.Values{"code": {code[1]}})
	return b
}

func TestDemoGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	folder := demoFolder(t)
	out, stop := startDemo(t, "--dir", folder)
	b := signInByDoor(t, out)
	home := out.address(t, "Nichoir")
	if desk := visit(t, b, home+"admin/bureau"); !strings.Contains(desk, "Maïwenn Le Goff") {
		t.Errorf("the desk does not greet its admin:\n%s", desk)
	}
	for _, state := range []string{"unconfirmed", "submitted", "waitlisted", "changes_requested", "approved", "rejected", "withdrawn", "expired"} {
		if list := visit(t, b, home+"admin/demandes?etat="+state); !strings.Contains(list, "data-open") {
			t.Errorf("no sample request is %s", state)
		}
	}
	lead := newVisitor(t)
	if spaces := send(t, lead, out.address(t, "as a lead"), nil); !strings.Contains(spaces, "Les Canards du canal") {
		t.Errorf("the lead does not find the space:\n%s", spaces)
	}
	cloud := out.address(t, "Nextcloud 27.1 with Collabora")
	before := visit(t, b, cloud)
	if !strings.Contains(before, "Les Canards du canal") || !strings.Contains(before, "Bienvenue.md") {
		t.Errorf("the simulated server does not show the space and its documents:\n%s", before)
	}
	if code := stop(); code != 0 {
		t.Fatalf("the demonstration ended with %d\n%s", code, out)
	}

	again, stopAgain := startDemo(t, "--dir", folder)
	if again.address(t, "Nextcloud 27.1 with Collabora") != cloud {
		t.Error("the simulated server moved without need")
	}
	if after := visit(t, b, cloud); after != before {
		t.Errorf("the simulated server forgot something; it was\n%s\nand is\n%s", before, after)
	}
	visit(t, b, again.address(t, "Nichoir")+"admin/bureau") // the session is still good
	if code := stopAgain(); code != 0 {
		t.Fatalf("the demonstration ended with %d\n%s", code, again)
	}
	if code := execute(t, "demo", "--clean", "--dir", folder); code != 0 {
		t.Errorf("forgetting ended with %d", code)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("forgetting left the folder: %v", err)
	}
}

func execute(t *testing.T, args ...string) int {
	t.Helper()
	return app.Execute(t.Context(), app.Terminal{Args: args, Out: io.Discard, Err: io.Discard})
}

func TestDemoStartsAfterItWasKilled(t *testing.T) {
	t.Parallel()
	folder := demoFolder(t)
	child := exec.CommandContext(t.Context(), os.Args[0], "demo", "--dir", folder)
	child.Env = append(os.Environ(), asChild+"=yes")
	killed := newPrinted()
	child.Stdout, child.Stderr = killed, killed
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	killed.awaitUp(t)
	if code := execute(t, "demo", "--dir", folder); code == 0 {
		t.Error("a second demonstration started in the same folder")
	}
	if code := execute(t, "demo", "--clean", "--dir", folder); code == 0 {
		t.Error("a running demonstration was forgotten")
	}
	b := newVisitor(t)
	cloud := killed.address(t, "Nextcloud 32.0 with OnlyOffice")
	before := visit(t, b, cloud)
	if err := child.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the demonstration was not killed")
	}
	out, stop := startDemo(t, "--dir", folder)
	if after := visit(t, b, cloud); after != before {
		t.Errorf("the simulated server forgot something; it was\n%s\nand is\n%s", before, after)
	}
	visit(t, b, out.address(t, "Nichoir"))
	if code := stop(); code != 0 {
		t.Fatalf("the demonstration ended with %d\n%s", code, out)
	}
}

// TestDemoMakesRoom takes the ports of an earlier start away: everything moves, and Nichoir finds its servers again.
func TestDemoMakesRoom(t *testing.T) {
	t.Parallel()
	folder := demoFolder(t)
	out, stop := startDemo(t, "--dir", folder)
	names := []string{"Nichoir", "Nextcloud 27.1 with Collabora"}
	var taken []string
	for _, name := range names {
		taken = append(taken, out.address(t, name))
	}
	if code := stop(); code != 0 {
		t.Fatalf("the demonstration ended with %d\n%s", code, out)
	}
	for _, address := range taken {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", u.Host)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
	}
	out, _ = startDemo(t, "--dir", folder)
	for i, name := range names {
		if out.address(t, name) == taken[i] {
			t.Errorf("%s is at a port that is taken", name)
		}
	}
	if !strings.Contains(out.String(), "is taken by another program") {
		t.Errorf("the move is not told:\n%s", out)
	}
	b := signInByDoor(t, out)
	if host := visit(t, b, out.address(t, "Nichoir")+"admin/serveurs/nuage-a"); !strings.Contains(host, strings.TrimSuffix(out.address(t, names[1]), "/")) {
		t.Errorf("Nichoir does not know where its server is:\n%s", host)
	}
}

// Until the first release migrations are edited: a folder of before gets no error of SQL, but the way out.
func TestDemoTellsOfAFolderOfAnOlderBuild(t *testing.T) {
	t.Parallel()
	for _, schema := range []string{"", `"schema": {"00001_identity.sql": "0123456789abcdef"},`} {
		folder := demoFolder(t)
		if err := os.MkdirAll(folder, 0o711); err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string]string{"demo.lock": "", "demo.json": `{"seeded": true, ` + schema + ` "key": "` + key + `"}`} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var errs strings.Builder
		code := app.Execute(t.Context(), app.Terminal{Args: []string{"demo", "--dir", folder}, Out: io.Discard, Err: &errs})
		if code != 1 || !strings.Contains(errs.String(), "made by an older build") || !strings.Contains(errs.String(), "make demo-clean") {
			t.Errorf("ended with %d: %s", code, errs.String())
		}
	}
}

func TestDemoRefusesWhatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	folder := demoFolder(t)
	if err := os.MkdirAll(folder, 0o711); err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(folder, "memoirs.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--dir", folder}, {"--dir", folder, "--clean"}, {"--dir", folder, "--reset"}, {"--dir", demoFolder(t), "--listen", "0.0.0.0:8080"}} {
		if code := execute(t, append([]string{"demo"}, args...)...); code == 0 {
			t.Errorf("demo %v went on", args)
		}
	}
	if _, err := os.Stat(mine); err != nil {
		t.Errorf("the file is gone: %v", err)
	}
}
