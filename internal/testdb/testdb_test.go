package testdb_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"nichoir/internal/testdb"
)

func TestMain(m *testing.M) {
	testdb.Main(m, func(ctx context.Context, pool *pgxpool.Pool) error {
		_, err := pool.Exec(ctx, "CREATE TABLE spaces (slug text PRIMARY KEY)")
		return err
	})
}

// Both tests insert the same key: they would meet if they shared a database.
func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"first", "second"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := testdb.New(t)
			if _, err := pool.Exec(t.Context(), "INSERT INTO spaces (slug) VALUES ('les-mesanges')"); err != nil {
				t.Fatal(err)
			}
			var n int
			if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM spaces").Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n != 1 {
				t.Errorf("%d rows, want this test's own one", n)
			}
		})
	}
}

func TestDatabaseIsDroppedWithItsTest(t *testing.T) { //nolint:tparallel // the inner test has to be over before what follows
	t.Parallel()
	var name string
	t.Run("inner", func(t *testing.T) {
		pool := testdb.New(t)
		if err := pool.QueryRow(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
			t.Fatal(err)
		}
	})
	var left bool
	err := testdb.New(t).QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&left)
	if err != nil {
		t.Fatal(err)
	}
	if name == "" || left {
		t.Errorf("database %q is still there", name)
	}
}

func TestEmptyDSNHasNoTable(t *testing.T) {
	t.Parallel()
	pool, err := pgxpool.New(t.Context(), testdb.EmptyDSN(t))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var n int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Errorf("%d tables in an empty database", n)
	}
}

func TestFolderIsNamedAfterTheProcess(t *testing.T) {
	t.Parallel()
	testdb.DSN(t)
	dir := filepath.Join(os.TempDir(), "nichoir-testdb-"+strconv.Itoa(os.Getuid()), strconv.Itoa(os.Getpid()))
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("a killed test's folder could not be recognised: %v", err)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		testdb.DSN(b)
	}
}
