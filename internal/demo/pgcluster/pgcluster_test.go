package pgcluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// childDir makes this test binary start a cluster in the folder it names and wait to be killed.
const childDir = "NICHOIR_PGCLUSTER_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		holdCluster(dir)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func holdCluster(dir string) {
	c, err := Start(context.Background(), Options{Dir: dir})
	if err != nil {
		fmt.Fprintln(os.Stdout, err)
		return
	}
	fmt.Fprintln(os.Stdout, c.DSN("postgres"))
	<-c.Done()
}

// newDir is a folder below the temporary one: t.TempDir is closed to other
// accounts, and root's PostgreSQL is one.
func newDir(t *testing.T) string {
	t.Helper()
	parent, err := os.MkdirTemp("", "pgcluster") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(parent, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(parent); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(parent, "pg")
}

func start(t *testing.T, opts Options) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

func query(t *testing.T, dsn, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	var out *string
	if err := conn.QueryRow(t.Context(), sql).Scan(&out); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		t.Fatalf("%s: %v", sql, err)
	}
	if out == nil {
		return ""
	}
	return *out
}

func TestClusterKeepsItsDataAndListensOnItsSocketAlone(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	c := start(t, Options{Dir: dir, Durable: true, Logf: t.Logf})

	for range 2 {
		if err := c.CreateDatabase(t.Context(), `it's "quoted"`); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.CreateDatabase(t.Context(), "nichoir"); err != nil {
		t.Fatal(err)
	}
	query(t, c.DSN("nichoir"), "CREATE TABLE kept AS SELECT 'still here'::text AS what")
	if got := query(t, c.DSN("nichoir"), "SHOW listen_addresses"); got != "" {
		t.Errorf("listen_addresses = %q, want none", got)
	}
	if got := query(t, c.DSN("nichoir"), "SELECT lower('ÉCOLE')"); got != "école" {
		t.Errorf("lower('ÉCOLE') = %q", got)
	}
	if got := query(t, c.DSN("nichoir"), "SHOW fsync"); got != "on" {
		t.Errorf("fsync of a durable cluster = %q", got)
	}
	for range 2 {
		if err := c.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}

	again := start(t, Options{Dir: dir, Durable: true, Logf: t.Logf})
	if got := query(t, again.DSN("nichoir"), "SELECT what FROM kept"); got != "still here" {
		t.Errorf("after a restart the row reads %q", got)
	}
}

func TestStartRefusesAClusterInUse(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	start(t, Options{Dir: dir})
	_, err := Start(t.Context(), Options{Dir: dir})
	if !errors.Is(err, ErrInUse) {
		t.Fatalf("second start: %v, want ErrInUse", err)
	}
	if want := fmt.Sprintf("process %d", os.Getpid()); !strings.Contains(err.Error(), want) {
		t.Errorf("error %q does not name the holder, %q", err, want)
	}
}

func TestStartRefusesAFolderWithOtherThings(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "thesis.odt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "thesis.odt") {
		t.Fatalf("start in a folder of somebody's: %v", err)
	}
}

func TestStartSurvivesACrashOfPostgreSQL(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	first := start(t, Options{Dir: dir})
	pid := first.server.cmd.Process.Pid
	if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil { // the whole group: no backend stays
		t.Fatal(err)
	}
	<-first.Done()
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); err != nil {
		t.Fatalf("the crash left no postmaster.pid, the test shows nothing: %v", err)
	}
	again := start(t, Options{Dir: dir})
	query(t, again.DSN("postgres"), "SELECT 'up'")
}

func TestStartIgnoresAProcessNumberTakenByAnother(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	first := start(t, Options{Dir: dir})
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := start(t, Options{Dir: newDir(t)}) // a living postmaster of the same account
	stale := strconv.Itoa(other.server.cmd.Process.Pid) + "\n" + filepath.Join(dir, "data") + "\n"
	if err := os.WriteFile(filepath.Join(dir, "data", "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Dir: dir})
	query(t, other.DSN("postgres"), "SELECT 'unharmed'")
}

func TestPostgreSQLDiesWithAKilledParent(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	child := exec.Command(os.Args[0]) // this test binary, killed below
	child.Env = append(os.Environ(), childDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	dsn := lines.Text()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatalf("connect to the child's cluster %q: %v", dsn, err)
	}
	if _, err := Start(t.Context(), Options{Dir: dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("start beside a living child: %v, want ErrInUse", err)
	}

	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Error("the killed child ended with status 0")
	}
	// The connection ends when PostgreSQL does; nobody else would end it.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := conn.WaitForNotification(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("PostgreSQL outlives its parent: %v", err)
	}
	if err := conn.Close(context.Background()); err != nil && !conn.IsClosed() {
		t.Error(err)
	}
	start(t, Options{Dir: dir, Logf: t.Logf})
}

func TestSocketFitsWhateverTheFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(filepath.Dir(newDir(t)), strings.Repeat("long", 25), "pg")
	c := start(t, Options{Dir: dir})
	t.Cleanup(func() {
		if err := os.RemoveAll(c.socket); err != nil {
			t.Error(err)
		}
	})
	query(t, c.DSN("postgres"), "SELECT 'up'")
}

func TestReachNamesTheClosedFolder(t *testing.T) {
	t.Parallel()
	closed := filepath.Join(filepath.Dir(newDir(t)), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	nobody := account{name: "nobody", uid: 65534, gid: 65534, drop: true}
	err := nobody.reach(filepath.Join(closed, "not", "yet"))
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), closed) {
		t.Errorf("reach below a closed folder: %v", err)
	}
	if err := nobody.reach(filepath.Dir(closed)); err != nil {
		t.Errorf("reach of an open folder: %v", err)
	}
	if err := (account{}).reach(closed); err != nil {
		t.Errorf("reach without changing accounts: %v", err)
	}
}

func TestFindBinaries(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, version := range []string{"15.4", "9.6.24", "17beta1"} {
		dir := filepath.Join(root, version)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + " (Debian)'\n"
		for _, tool := range []string{"postgres", "initdb", "pg_ctl"} {
			if err := os.WriteFile(filepath.Join(dir, tool), []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	found := installed([]string{filepath.Join(root, "9.6.24"), filepath.Join(root, "15.4"), root, "relative", filepath.Join(root, "17beta1")})
	var got []int
	for _, b := range found {
		got = append(got, b.version)
	}
	if want := "[17 15 9]"; fmt.Sprint(got) != want {
		t.Errorf("versions found = %v, want %s", got, want)
	}
}

func TestDSNIsAURL(t *testing.T) {
	t.Parallel()
	c := &Cluster{socket: "/tmp/a b"}
	cfg, err := pgx.ParseConfig(c.DSN("nichoir"))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Host != "/tmp/a b" || cfg.Database != "nichoir" || cfg.User != superuser || cfg.Port != 5432 {
		t.Errorf("DSN read back as host %q, database %q, user %q, port %d", cfg.Host, cfg.Database, cfg.User, cfg.Port)
	}
}
