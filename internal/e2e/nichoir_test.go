package e2e_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"nichoir/internal/app"
	"nichoir/internal/config"
	"nichoir/internal/demo/mailcatcher"
	"nichoir/internal/demo/pgcluster"
	"nichoir/internal/postgres"
	"nichoir/internal/testdb"
	"nichoir/nextcloud/nextcloudtest"
	"nichoir/provisioning"
)

// patience bounds what a benchmark waits for.
const patience = 2 * time.Minute

// environ is the configuration of a Nichoir on a database. Later variables win.
func environ(dsn string, more ...string) []string {
	return append([]string{
		"NICHOIR_DATABASE_URL=" + dsn,
		"NICHOIR_SECRET_KEY=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		"NICHOIR_BASE_URL=http://127.0.0.1:8080",
		"NICHOIR_LISTEN=127.0.0.1:0",
		"NICHOIR_METRICS_LISTEN=127.0.0.1:0",
		"NICHOIR_SMTP_HOST=127.0.0.1",
		"NICHOIR_SMTP_PORT=1",
		"NICHOIR_SMTP_TLS=none",
		"NICHOIR_SMTP_FROM=Nichoir <ne-pas-repondre@nichoir.example>",
		"NICHOIR_UNDO_WINDOW=0s",
		"NICHOIR_TRUSTED_PROXIES=127.0.0.0/8",
	}, more...)
}

// newNichoir makes a Nichoir, which is stopped with the test.
func newNichoir(tb testing.TB, env []string, change func(*app.Options)) *app.App {
	tb.Helper()
	cfg, err := config.Load(env)
	if err != nil {
		tb.Fatal(err)
	}
	// The calls that one server gets in a second are limited for its sake. What is measured here is what Nichoir can do.
	o := app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Version: "bench", CallsPerSecond: 1e6}
	if change != nil {
		change(&o)
	}
	a, err := app.New(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := a.Stop(ctx); err != nil {
			tb.Errorf("stop Nichoir: %v", err)
		}
	})
	return a
}

// start starts a Nichoir.
func start(tb testing.TB, a *app.App) {
	tb.Helper()
	if err := a.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
}

// newMails starts a mail server and returns the variables that name it.
func newMails(tb testing.TB) []string {
	tb.Helper()
	mails, err := mailcatcher.Start(mailcatcher.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := mails.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return []string{"NICHOIR_SMTP_HOST=" + mails.Host(), "NICHOIR_SMTP_PORT=" + strconv.Itoa(mails.Port())}
}

// newNextcloud starts a simulated server with all that a space offers.
func newNextcloud(tb testing.TB, o nextcloudtest.Options) *nextcloudtest.Server {
	tb.Helper()
	o.Apps = append(o.Apps, nextcloudtest.Collabora, "calendar", "contacts", "notes", "spreed", "deck")
	server := nextcloudtest.Start(o)
	tb.Cleanup(server.Close)
	return server
}

// addHost registers a server on which so many spaces are worked on at once, and returns it as it was recorded.
func addHost(tb testing.TB, a *app.App, server *nextcloudtest.Server, concurrency int) provisioning.Host {
	tb.Helper()
	_, err := a.Provisioning.AddHost(tb.Context(), provisioning.NewHost{Name: "cloud-1", BaseURL: server.URL, User: server.AdminUser,
		Password: server.AdminPassword, Capacity: 100_000, Concurrency: concurrency})
	if err != nil {
		tb.Fatalf("add the host: %v", err)
	}
	report, err := a.Provisioning.CheckHost(tb.Context(), "cloud-1", 0, true)
	if err != nil || report.Worst() == provisioning.LevelTrouble {
		tb.Fatalf("check the host: %+v %v", report.Findings, err)
	}
	return report.Host
}

// sql runs a statement.
func sql(tb testing.TB, pool *pgxpool.Pool, statement string, args ...any) {
	tb.Helper()
	if _, err := pool.Exec(tb.Context(), statement, args...); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}

// value reads one value.
func value[T any](tb testing.TB, pool *pgxpool.Pool, query string, args ...any) T {
	tb.Helper()
	var v T
	if err := pool.QueryRow(tb.Context(), query, args...).Scan(&v); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	return v
}

// storage makes databases.
type storage struct {
	name string // for the table
	dsn  func(testing.TB) string
}

// storages are the tests' cluster, and one that keeps what it committed.
func storages() []storage {
	return []storage{{"", testdb.DSN}, {", fsync on", durableDSN}}
}

// durableDSN returns the address of a database in a cluster of its own that waits for the disk.
func durableDSN(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "nichoir-bench") //nolint:usetesting // the account that root's PostgreSQL runs under has to pass
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	cluster, err := pgcluster.Start(tb.Context(), pgcluster.Options{Dir: filepath.Join(dir, "pg"), Durable: true})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := cluster.Stop(ctx); err != nil {
			tb.Error(err)
		}
	})
	if err := cluster.CreateDatabase(tb.Context(), "nichoir"); err != nil {
		tb.Fatal(err)
	}
	dsn := cluster.DSN("nichoir")
	pool, err := pgxpool.New(tb.Context(), dsn)
	if err != nil {
		tb.Fatal(err)
	}
	defer pool.Close()
	if err := postgres.Migrate(tb.Context(), pool); err != nil {
		tb.Fatal(err)
	}
	return dsn
}
