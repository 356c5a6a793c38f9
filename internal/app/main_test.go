package app_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nichoir/internal/app"
	"nichoir/internal/config"
	"nichoir/internal/demo/mailcatcher"
	"nichoir/internal/postgres"
	"nichoir/internal/testdb"
	"nichoir/nextcloud/nextcloudtest"
)

// asChild makes the test binary a Nichoir of its own, to be killed: see TestKillingAProcessLosesNothing.
const asChild = "SERVE_AS_A_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(asChild) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		code := app.Execute(ctx, app.Terminal{Args: os.Args[1:], Environ: os.Environ(), In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
		stop()
		os.Exit(code)
	}
	testdb.Main(m, postgres.Migrate)
}

const (
	patience = 30 * time.Second
	key      = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

// world is what a Nichoir needs around it: a database, a mail server, a Nextcloud.
type world struct {
	environ   []string
	mails     *mailcatcher.Catcher
	nextcloud *nextcloudtest.Server
}

func newWorld(t *testing.T, o nextcloudtest.Options) *world {
	t.Helper()
	mails, err := mailcatcher.Start(mailcatcher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mails.Stop(); err != nil {
			t.Error(err)
		}
	})
	o.Apps = append(o.Apps, "groupfolders", "calendar", "contacts", "notes", "spreed", "deck")
	server := nextcloudtest.Start(o)
	t.Cleanup(server.Close)
	return &world{mails: mails, nextcloud: server, environ: []string{
		"NICHOIR_DATABASE_URL=" + testdb.DSN(t),
		"NICHOIR_SECRET_KEY=" + key,
		"NICHOIR_BASE_URL=http://127.0.0.1:8080",
		"NICHOIR_LISTEN=127.0.0.1:0",
		"NICHOIR_METRICS_LISTEN=127.0.0.1:0",
		"NICHOIR_SMTP_HOST=" + mails.Host(),
		"NICHOIR_SMTP_PORT=" + strconv.Itoa(mails.Port()),
		"NICHOIR_SMTP_TLS=none",
		"NICHOIR_SMTP_FROM=Nichoir <ne-pas-repondre@nichoir.example>",
		"NICHOIR_UNDO_WINDOW=0s",
		"NICHOIR_DB_POOL=8",
	}}
}

// command runs a command line in this process.
func (w *world) command(t *testing.T, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = app.Execute(t.Context(), app.Terminal{Args: args, Environ: w.environ, In: strings.NewReader(stdin), Out: &stdout, Err: &stderr})
	return code, stdout.String(), stderr.String()
}

// must runs a command line that has to end well.
func (w *world) must(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errs := w.command(t, "", args...)
	if code != 0 {
		t.Fatalf("nichoir %s ended with %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}

// addHost registers the world's Nextcloud and sets it right.
func (w *world) addHost(t *testing.T) {
	t.Helper()
	w.command(t, w.nextcloud.AdminPassword+"\n", "host", "add", "cloud-1", "--url", w.nextcloud.URL, "--user", w.nextcloud.AdminUser,
		"--suite", "collabora")
	w.must(t, "host", "check", "cloud-1", "--fix")
}

// options are those of an App of this world.
func (w *world) options(t *testing.T) app.Options {
	t.Helper()
	cfg, err := config.Load(w.environ)
	if err != nil {
		t.Fatal(err)
	}
	return app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Version: "test"}
}

// newApp makes an App that is stopped with the test.
func newApp(t *testing.T, o app.Options) *app.App {
	t.Helper()
	a, err := app.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, a) })
	return a
}

func stop(t *testing.T, a *app.App) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := a.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// eventually looks again and again; it is for what other processes do.
func eventually(t *testing.T, what string, so func() (bool, string)) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		ok, seen := so()
		if ok {
			return
		}
		select {
		case <-ticker.C:
		case <-timer.C:
			t.Fatalf("waited in vain for %s: %s", what, seen)
		}
	}
}

// count runs a query that counts.
func count(t *testing.T, a *app.App, query string, args ...any) int {
	t.Helper()
	var n int
	if err := a.DB.Pool().QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", query, err))
	}
	return n
}
