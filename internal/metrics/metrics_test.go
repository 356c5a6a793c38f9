package metrics_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"nichoir/internal/metrics"
)

// source is a database that holds little and can fail.
type source struct {
	readings []metrics.Reading
	err      error
}

func (s source) Readings(context.Context) ([]metrics.Reading, error) { return s.readings, nil }
func (s source) Spaces(context.Context) ([]metrics.Count, error) {
	return []metrics.Count{{Of: "active", N: 2}, {Of: "ready", N: 0}}, nil
}
func (s source) Blocked(context.Context) ([]metrics.Count, error) {
	return []metrics.Count{{Of: "refused", N: 1}}, nil
}
func (s source) Applications(context.Context) ([]metrics.Count, error) {
	return []metrics.Count{{Of: "submitted", N: 7}}, nil
}
func (s source) Queues(context.Context) ([]metrics.Waiting, error) {
	return []metrics.Waiting{{Queue: "default"}, {Queue: "spaces", N: 3, Age: 90 * time.Second}}, s.err
}
func (s source) Mails(context.Context) (metrics.Waiting, error) {
	return metrics.Waiting{N: 1, Age: time.Minute}, nil
}
func (s source) Hosts(context.Context) ([]metrics.Host, error) {
	return []metrics.Host{{Name: "cloud-1", Health: "maintenance", Spaces: 12, Capacity: 200}}, nil
}

func (s source) Tickets(context.Context) ([]metrics.Count, error) {
	return []metrics.Count{{Of: "new", N: 4}}, nil
}
func (s source) Links(context.Context) ([]metrics.Count, error) {
	return []metrics.Count{{Of: "accepted", N: 5}}, nil
}
func (s source) Providers(context.Context) ([]metrics.Count, error) {
	return []metrics.Count{{Of: "listed", N: 33}}, nil
}
func (s source) Unanswered(context.Context) ([]metrics.Unanswered, error) {
	return []metrics.Unanswered{{Holder: "provider", N: 3, Late: 1, Age: time.Hour}, {Holder: "team"}}, nil
}
func (s source) Deliveries(context.Context) (metrics.Waiting, error) {
	return metrics.Waiting{N: 2, Age: time.Minute}, nil
}

func twoSpaces() []metrics.Reading {
	at := time.Date(2026, 11, 21, 10, 0, 0, 500e6, time.UTC)
	return []metrics.Reading{
		{Space: "aaa", QuotaBytes: 42_844_815_360, UsedBytes: 1024, Accounts: 1, Limit: 50, At: at},
		{Space: "bbb", QuotaBytes: 42_739_957_760, UsedBytes: 2048, Accounts: 2, Limit: 50, At: at},
	}
}

func newMetrics(t *testing.T, s metrics.Source, log io.Writer) *metrics.Metrics {
	t.Helper()
	m, err := metrics.New(metrics.Options{Source: s, Version: "1.2.3", Mailbox: true, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// exercise counts one of everything.
func exercise(m *metrics.Metrics) {
	m.Step("folder", "done")
	m.Call("cloud.example:443", "create group", "done", 30*time.Millisecond)
	m.HTTPRequest("/suivi/{id}", "GET", 200, time.Millisecond)
	m.Job("work_space", "done")
	m.Mail("sent")
	m.Incoming("posted")
	m.Webhook("delivered")
	m.InboxRead(time.Unix(1_770_000_000, 0))
}

func TestTheSpacesOfAScrape(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, source{readings: twoSpaces()}, io.Discard)
	want := `
# HELP nichoir_space_accounts Accounts in a space, when it was last read.
# TYPE nichoir_space_accounts gauge
nichoir_space_accounts{space="aaa"} 1
nichoir_space_accounts{space="bbb"} 2
# HELP nichoir_space_accounts_limit Accounts that a space may have.
# TYPE nichoir_space_accounts_limit gauge
nichoir_space_accounts_limit{space="aaa"} 50
nichoir_space_accounts_limit{space="bbb"} 50
# HELP nichoir_space_quota_bytes Quota of a space's Team folder, when it was last read.
# TYPE nichoir_space_quota_bytes gauge
nichoir_space_quota_bytes{space="aaa"} 4.284481536e+10
nichoir_space_quota_bytes{space="bbb"} 4.273995776e+10
# HELP nichoir_space_reading_timestamp_seconds When the space was last read, as Unix time.
# TYPE nichoir_space_reading_timestamp_seconds gauge
nichoir_space_reading_timestamp_seconds{space="aaa"} 1.7952552005e+09
nichoir_space_reading_timestamp_seconds{space="bbb"} 1.7952552005e+09
# HELP nichoir_space_used_bytes Use of a space's Team folder, when it was last read.
# TYPE nichoir_space_used_bytes gauge
nichoir_space_used_bytes{space="aaa"} 1024
nichoir_space_used_bytes{space="bbb"} 2048
# HELP nichoir_oldest_waiting_job_age_seconds For how long the oldest of the waiting jobs could have been worked, by queue; 0 when none waits.
# TYPE nichoir_oldest_waiting_job_age_seconds gauge
nichoir_oldest_waiting_job_age_seconds{queue="default"} 0
nichoir_oldest_waiting_job_age_seconds{queue="spaces"} 90
# HELP nichoir_host_health 1 for the health that a host has, 0 for the others.
# TYPE nichoir_host_health gauge
nichoir_host_health{health="maintenance",host="cloud-1"} 1
nichoir_host_health{health="ok",host="cloud-1"} 0
nichoir_host_health{health="throttled",host="cloud-1"} 0
nichoir_host_health{health="unauthorized",host="cloud-1"} 0
nichoir_host_health{health="unreachable",host="cloud-1"} 0
# HELP nichoir_database_up 1 when everything that the database tells could be read, else 0.
# TYPE nichoir_database_up gauge
nichoir_database_up 1
`
	err := testutil.GatherAndCompare(m, strings.NewReader(want), "nichoir_space_quota_bytes", "nichoir_space_used_bytes",
		"nichoir_space_accounts", "nichoir_space_accounts_limit", "nichoir_space_reading_timestamp_seconds",
		"nichoir_oldest_waiting_job_age_seconds", "nichoir_host_health", "nichoir_database_up")
	if err != nil {
		t.Error(err)
	}
}

func TestWhatTheProcessCounts(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, nil, io.Discard)
	exercise(m)
	exercise(m)
	m.HTTPRequest("", "BREW", 404, time.Millisecond)
	want := `
# HELP nichoir_http_requests_total Pages served, by route, method and status.
# TYPE nichoir_http_requests_total counter
nichoir_http_requests_total{method="GET",route="/suivi/{id}",status="200"} 2
nichoir_http_requests_total{method="other",route="none",status="404"} 1
# HELP nichoir_jobs_total Jobs worked, by how they ended.
# TYPE nichoir_jobs_total counter
nichoir_jobs_total{kind="work_space",result="done"} 2
# HELP nichoir_mails_total Mails handed to the mail server, by how it ended.
# TYPE nichoir_mails_total counter
nichoir_mails_total{result="sent"} 2
# HELP nichoir_nextcloud_calls_total Calls to Nextcloud servers, by what was asked and how it ended.
# TYPE nichoir_nextcloud_calls_total counter
nichoir_nextcloud_calls_total{call="create group",host="cloud.example:443",outcome="done"} 2
# HELP nichoir_steps_total Steps of making and unmaking spaces, by how they ended.
# TYPE nichoir_steps_total counter
nichoir_steps_total{result="done",step="folder"} 2
`
	if err := testutil.GatherAndCompare(m, strings.NewReader(want), "nichoir_http_requests_total", "nichoir_jobs_total",
		"nichoir_mails_total", "nichoir_nextcloud_calls_total", "nichoir_steps_total"); err != nil {
		t.Error(err)
	}
}

func TestNamesFollowThePrometheusConventions(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, source{readings: twoSpaces()}, io.Discard)
	exercise(m)
	problems, err := testutil.GatherAndLint(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestTwoInOneProcessCountApart(t *testing.T) {
	t.Parallel()
	one, other := newMetrics(t, nil, io.Discard), newMetrics(t, nil, io.Discard)
	one.Mail("sent")
	if n, err := testutil.GatherAndCount(other, "nichoir_mails_total"); err != nil || n != 0 {
		t.Errorf("the other counted %d, %v", n, err)
	}
}

func TestADatabaseThatFailsLeavesTheRest(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	m := newMetrics(t, source{readings: twoSpaces(), err: errors.New("connection refused")}, &log)
	body := scrape(t, m)
	for _, want := range []string{"nichoir_database_up 0", `nichoir_space_used_bytes{space="aaa"} 1024`, `nichoir_applications{state="submitted"} 7`} {
		if !strings.Contains(body, want) {
			t.Errorf("the scrape lacks %s", want)
		}
	}
	if strings.Contains(body, "nichoir_oldest_waiting_job_age_seconds") {
		t.Error("the scrape tells what could not be read")
	}
	if !strings.Contains(log.String(), "connection refused") {
		t.Errorf("the log does not say why: %s", log.String())
	}
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, nil, io.Discard)
	for _, tt := range []struct {
		ready  error
		status int
		body   string
	}{{nil, http.StatusOK, "ready\n"}, {errors.New("no database"), http.StatusServiceUnavailable, "not ready\n"}} {
		w := httptest.NewRecorder()
		h := m.Handler(func(context.Context) error { return tt.ready })
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/healthz", nil))
		if w.Code != tt.status || w.Body.String() != tt.body {
			t.Errorf("ready %v: %d %q", tt.ready, w.Code, w.Body)
		}
	}
}

func scrape(tb testing.TB, m *metrics.Metrics) string {
	tb.Helper()
	w := httptest.NewRecorder()
	m.Handler(func(context.Context) error { return nil }).
		ServeHTTP(w, httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		tb.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// BenchmarkScrape is what 10,000 spaces cost beside the database: the target is 100 ms with it.
func BenchmarkScrape(b *testing.B) {
	readings := make([]metrics.Reading, 10_000)
	for i := range readings {
		readings[i] = metrics.Reading{Space: fmt.Sprintf("k%019d", i), QuotaBytes: 42_844_815_360, UsedBytes: int64(i) << 20,
			Accounts: i % 50, Limit: 50, At: time.Unix(1_800_000_000, 0)}
	}
	m, err := metrics.New(metrics.Options{Source: source{readings: readings}, Log: quiet()})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		scrape(b, m)
	}
}

// The alert takes a zero for a mailbox that was never read: who has none must not show one.
func TestTheMailboxIsToldOfWhereThereIsOne(t *testing.T) {
	t.Parallel()
	const line = "\nnichoir_inbox_read_timestamp_seconds 0\n"
	if body := scrape(t, newMetrics(t, nil, io.Discard)); !strings.Contains(body, line) {
		t.Errorf("a mailbox that was not read yet is not told of")
	}
	m, err := metrics.New(metrics.Options{Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(scrape(t, m), line) {
		t.Errorf("a mailbox is told of, and there is none")
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
