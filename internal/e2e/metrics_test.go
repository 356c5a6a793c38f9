package e2e_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"nichoir/internal/metrics"
	"nichoir/internal/postgres"
	"nichoir/internal/testdb"
)

// counted counts the queries of a pool.
type counted struct{ queries atomic.Int64 }

// TraceQueryStart implements pgx.QueryTracer.
func (c *counted) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.queries.Add(1)
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (c *counted) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// scraped is what serves the metrics of a database, with its queries counted.
type scraped struct {
	handler http.Handler
	pool    *pgxpool.Pool
	counted *counted
}

func newScraped(tb testing.TB, dsn string) scraped {
	tb.Helper()
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		tb.Fatal(err)
	}
	s := scraped{counted: &counted{}}
	cfg.ConnConfig.Tracer = s.counted
	if s.pool, err = pgxpool.NewWithConfig(tb.Context(), cfg); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.pool.Close)
	db, err := postgres.New(s.pool, func(event, to string) string { return event + to })
	if err != nil {
		tb.Fatal(err)
	}
	m, err := metrics.New(metrics.Options{Source: db.Metrics(), Version: "bench", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	s.handler = m.Handler(func(context.Context) error { return nil })
	return s
}

// scrape reads the metrics and returns them, with how many queries that took.
func (s scraped) scrape(tb testing.TB) (body string, queries int64) {
	tb.Helper()
	before := s.counted.queries.Load()
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "nichoir_database_up 1") {
		tb.Fatalf("status %d: %.500s", w.Code, w.Body)
	}
	return w.Body.String(), s.counted.queries.Load() - before
}

// TestQueriesOfAScrape holds /metrics to as many queries for 300 spaces as for none.
func TestQueriesOfAScrape(t *testing.T) {
	t.Parallel()
	dsn := testdb.DSN(t)
	s := newScraped(t, dsn)
	_, before := s.scrape(t)
	const spaces = 300
	addCampaign(t, s.pool)
	order(t, s.pool, 1, spaces)
	sql(t, s.pool, `INSERT INTO readings (space_id, quota_bytes, used_bytes, accounts, read_at) SELECT id, 2, 1, 1, now() FROM spaces`)
	body, after := s.scrape(t)
	if after != before {
		t.Errorf("%d queries with %d spaces, %d without", after, spaces, before)
	}
	if n := strings.Count(body, "\nnichoir_space_used_bytes{"); n != spaces {
		t.Errorf("the use of %d of %d spaces is told", n, spaces)
	}
}

// benchMetrics scrapes 10,000 spaces. The limit is the one query that reads them all.
func benchMetrics(b *testing.B, t *table, env []string) {
	b.Helper()
	const spaces = 10_000
	s := newScraped(b, strings.TrimPrefix(env[0], "NICHOIR_DATABASE_URL="))
	var took, bare durations
	var queries int64
	for b.Loop() {
		s.scrape(b) // the connections
		for range 30 {
			bare = append(bare, timed(b, func() error { return bareReadings(b, s.pool, spaces) }))
			var body string
			began := time.Now()
			body, queries = s.scrape(b)
			took = append(took, time.Since(began))
			if n := strings.Count(body, "\nnichoir_space_used_bytes{"); n != spaces {
				b.Fatalf("the use of %d of %d spaces is told", n, spaces)
			}
		}
	}
	b.ReportMetric(milliseconds(took.at(.5)), "p50-ms")
	b.ReportMetric(float64(queries), "queries")
	t.add(row{what: "/metrics with 10,000 spaces", target: "< 100 ms, no query per space",
		measured: fmt.Sprintf("p50 %s, best %s, worst %s, %d queries", ms(took.at(.5)), ms(took.at(0)), ms(took.at(1)), queries),
		limit:    fmt.Sprintf("%s, the readings alone", ms(bare.at(.5))), ratio: part(float64(bare.at(.5)) / float64(took.at(.5))),
		missed: took.at(.5) >= 100*time.Millisecond})
}

func bareReadings(b *testing.B, pool *pgxpool.Pool, want int) error {
	b.Helper()
	rows, err := pool.Query(b.Context(), `SELECT s.public_id, r.quota_bytes, r.used_bytes, r.accounts, s.account_limit, r.read_at
		FROM readings r JOIN spaces s ON s.id = r.space_id`)
	if err != nil {
		return err
	}
	n := 0
	for rows.Next() {
		n++
	}
	if n != want {
		return fmt.Errorf("%d rows", n)
	}
	return rows.Err()
}
