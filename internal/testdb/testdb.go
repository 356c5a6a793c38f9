// Package testdb gives every test a PostgreSQL database of its own, with
// today's schema, in some thirty milliseconds. It is for tests alone.
//
// The cluster is private to the test binary, begins with the first test that
// asks and ends with the binary. A missing PostgreSQL fails the test: it must
// never skip one.
package testdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"nichoir/internal/demo/pgcluster"
)

const (
	template = "nichoir_template"
	// maxConns leaves room for a River client beside what the test itself asks.
	maxConns = 16
	// patience bounds the start of the cluster, the making of a database and the end of both.
	patience = 60 * time.Second
	// closing is how long a test's pool may take to get its connections back.
	closing = 10 * time.Second
)

// Migrate brings an empty database to the current schema.
type Migrate func(ctx context.Context, pool *pgxpool.Pool) error

// shared is this test binary's cluster. Tests reach it without passing it
// along, which is why it is a package variable, the project's only one of its kind.
var shared binary //nolint:gochecknoglobals // see above

type binary struct {
	migrate Migrate
	once    sync.Once
	err     error // of the start, for every test that asks
	dir     string
	cluster *pgcluster.Cluster
	admin   *pgxpool.Pool
	count   atomic.Int64
}

// Main runs a package's tests, ends the cluster, fails when goroutines are
// left behind, and exits. Call it from TestMain:
//
//	func TestMain(m *testing.M) { testdb.Main(m, postgres.Migrate) }
func Main(m *testing.M, migrate Migrate, leaks ...goleak.Option) {
	shared.migrate = migrate
	code := m.Run()
	if err := shared.end(); err != nil {
		fmt.Fprintln(os.Stderr, "testdb:", err)
		code = max(code, 1)
	}
	if code == 0 {
		if err := goleak.Find(leaks...); err != nil {
			fmt.Fprintln(os.Stderr, "testdb: goroutines outlive the tests:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// New returns a pool on a database of the test's own, dropped when the test ends.
func New(tb testing.TB) *pgxpool.Pool {
	tb.Helper()
	cfg, err := pgxpool.ParseConfig(DSN(tb))
	if err != nil {
		tb.Fatalf("read the address of the test's database: %v", err)
	}
	cfg.MaxConns = maxConns
	pool, err := pgxpool.NewWithConfig(context.Background(), cfg)
	if err != nil {
		tb.Fatalf("open the test's database: %v", err)
	}
	tb.Cleanup(func() { closePool(tb, pool) })
	return pool
}

// DSN returns the address of a database of the test's own, for a test that
// opens its pools itself, or several processes on one database.
func DSN(tb testing.TB) string {
	tb.Helper()
	return database(tb, template)
}

// EmptyDSN returns the address of a database without any table, for the tests
// of the migrations.
func EmptyDSN(tb testing.TB) string {
	tb.Helper()
	return database(tb, "template0")
}

func database(tb testing.TB, from string) string {
	tb.Helper()
	shared.once.Do(func() { shared.err = shared.begin() })
	if shared.err != nil {
		tb.Fatalf("a test needs PostgreSQL: %v", shared.err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	name := fmt.Sprintf("test_%d", shared.count.Add(1))
	if err := shared.clone(ctx, name, from); err != nil {
		tb.Fatalf("make the test's database: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		// A process that the test killed may still be seen as connected.
		if _, err := shared.admin.Exec(ctx, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			tb.Errorf("drop the test's database: %v", err)
		}
	})
	return shared.cluster.DSN(name)
}

// closePool complains, instead of hanging, about a test that keeps a connection.
func closePool(tb testing.TB, pool *pgxpool.Pool) {
	tb.Helper()
	closed := make(chan struct{})
	go func() {
		pool.Close()
		close(closed)
	}()
	timeout := time.NewTimer(closing)
	defer timeout.Stop()
	select {
	case <-closed:
	case <-timeout.C:
		tb.Errorf("the test ends with %d connections of its pool in use", pool.Stat().AcquiredConns())
	}
}

func (b *binary) clone(ctx context.Context, name, from string) error {
	sql := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize() + " TEMPLATE " + pgx.Identifier{from}.Sanitize()
	if _, err := b.admin.Exec(ctx, sql); err != nil {
		return fmt.Errorf("clone %s: %w", from, err)
	}
	return nil
}

// begin starts the cluster and makes the template.
func (b *binary) begin() error {
	if b.migrate == nil {
		return errors.New("TestMain does not call testdb.Main")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var err error
	if b.dir, err = newFolder(); err != nil {
		return err
	}
	if b.cluster, err = pgcluster.Start(ctx, pgcluster.Options{Dir: filepath.Join(b.dir, "pg")}); err != nil {
		return fmt.Errorf("start a cluster for the tests: %w", err)
	}
	if b.admin, err = pgxpool.New(ctx, b.cluster.DSN("postgres")); err != nil {
		return fmt.Errorf("connect to the tests' cluster: %w", err)
	}
	if err := b.cluster.CreateDatabase(ctx, template); err != nil {
		return fmt.Errorf("make the template: %w", err)
	}
	return b.migrateTemplate(ctx)
}

// migrateTemplate leaves no connection: PostgreSQL clones no database in use.
func (b *binary) migrateTemplate(ctx context.Context) error {
	pool, err := pgxpool.New(ctx, b.cluster.DSN(template))
	if err != nil {
		return fmt.Errorf("connect to the template: %w", err)
	}
	defer pool.Close()
	if err := b.migrate(ctx, pool); err != nil {
		return fmt.Errorf("migrate the template: %w", err)
	}
	return nil
}

func (b *binary) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if b.admin != nil {
		b.admin.Close()
	}
	var err error
	if b.cluster != nil {
		err = b.cluster.Stop(ctx)
	}
	if b.dir != "" {
		err = errors.Join(err, os.RemoveAll(b.dir))
	}
	return err
}

// newFolder makes a folder named after this process, open enough for the
// account that root's PostgreSQL runs under, and removes those of processes
// that were killed before they could.
func newFolder() (string, error) {
	base := filepath.Join(os.TempDir(), "nichoir-testdb-"+strconv.Itoa(os.Getuid()))
	if err := makePassable(base); err != nil {
		return "", fmt.Errorf("make the folder of the tests' clusters: %w", err)
	}
	entries, err := os.ReadDir(base)
	if err != nil {
		return "", fmt.Errorf("read the folder of the tests' clusters: %w", err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		gone := err == nil && (pid == os.Getpid() || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH))
		if !gone {
			continue
		}
		if err := os.RemoveAll(filepath.Join(base, e.Name())); err != nil {
			return "", fmt.Errorf("remove what a killed test left: %w", err)
		}
	}
	dir := filepath.Join(base, strconv.Itoa(os.Getpid()))
	if err := makePassable(dir); err != nil {
		return "", fmt.Errorf("make the folder of this test's cluster: %w", err)
	}
	return dir, nil
}

// makePassable makes a folder that other accounts may pass through, whatever
// the umask. One that exists and is somebody else's is an error.
func makePassable(dir string) error {
	const mode = 0o755
	if err := os.Mkdir(dir, mode); err != nil && !errors.Is(err, os.ErrExist) {
		return err //nolint:wrapcheck // the caller says which folder
	}
	return os.Chmod(dir, mode) //nolint:wrapcheck // the caller says which folder
}
