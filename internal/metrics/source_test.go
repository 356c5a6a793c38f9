package metrics_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"nichoir/internal/metrics"
	"nichoir/internal/postgres"
	"nichoir/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m, postgres.Migrate) }

// fill makes n spaces, each with a reading, on two hosts. Of ten spaces one is closed, and one waits for a person.
const fill = `
WITH p AS (INSERT INTO people (email) VALUES ('lead@asso.example') RETURNING id),
plan AS (INSERT INTO plans (name, total_bytes, account_limit, personal_bytes, suites)
    VALUES ('Standard', 42949672960, 50, 104857600, '{collabora}') RETURNING id),
c AS (INSERT INTO campaigns (name, plan_id, opens_at, closes_at, capacity)
    SELECT 'Automne', id, now() - interval '1 day', now() + interval '1 day', 20000 FROM plan RETURNING id),
h AS (INSERT INTO hosts (name, base_url, public_url, service_user, secret, capacity, health, lifecycle)
    VALUES ('cloud-1', 'https://one.example', 'https://one.example', 'n', '', 20000, 'ok', 'open'),
           ('cloud-2', 'https://two.example', 'https://two.example', 'n', '', 10, 'unauthorized', 'retired') RETURNING id, name),
a AS (INSERT INTO applications (public_id, form_key, campaign_id, state, association, object, lead_name, lead_email,
        expected_accounts, suite, slug, lang, terms_at)
    SELECT 'app' || i, 'key' || i, c.id, 'approved', 'Asso', 'Object', 'Lead', 'lead@asso.example', 5, 'collabora', 'asso-' || i, 'fr', now()
    FROM c, generate_series(0, $1::int - 1) AS i RETURNING id, slug),
s AS (INSERT INTO spaces (public_id, application_id, person_id, host_id, state, name, slug, lang, suite,
        total_bytes, account_limit, personal_bytes, blocked_step, blocked_cause)
    SELECT 'space-' || lpad(substr(a.slug, 6), 6, '0'), a.id, p.id, h.id,
        CASE WHEN a.slug LIKE '%9' THEN 'closed' WHEN a.slug LIKE '%8' THEN 'provisioning' ELSE 'active' END,
        'Asso', a.slug, 'fr', 'collabora', 42949672960, 50, 104857600,
        CASE WHEN a.slug LIKE '%8' THEN 'group' END, CASE WHEN a.slug LIKE '%8' THEN 'forbidden' END
    FROM a, p, h WHERE h.name = 'cloud-1' RETURNING id)
INSERT INTO readings (space_id, quota_bytes, used_bytes, accounts, read_at)
SELECT id, 42844815360, 1024, 1, '2026-11-21 10:00:00Z' FROM s`

func filled(tb testing.TB, n int) (*pgxpool.Pool, *postgres.MetricsSource) {
	tb.Helper()
	pool := testdb.New(tb)
	if _, err := pool.Exec(tb.Context(), fill, n); err != nil {
		tb.Fatal(err)
	}
	db, err := postgres.New(pool, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return pool, db.Metrics()
}

func TestWhatTheDatabaseTells(t *testing.T) {
	t.Parallel()
	pool, source := filled(t, 20)
	ctx := t.Context()
	for _, sql := range []string{
		`INSERT INTO mails (event, template, recipient, lang, ref_id, message_id, state, created_at) VALUES
			('a', 'sign-in', 'x', 'fr', 1, 'a', 'queued', now() - interval '1 hour'), ('b', 'sign-in', 'x', 'fr', 1, 'b', 'sent', now() - interval '1 day')`,
		`INSERT INTO river_job (kind, args, max_attempts, queue, state, scheduled_at, finalized_at) VALUES
			('work_space', '{}', 25, 'spaces', 'available', now() - interval '10 minutes', NULL),
			('work_space', '{}', 25, 'spaces', 'scheduled', now() - interval '1 minute', NULL),
			('work_space', '{}', 25, 'spaces', 'scheduled', now() + interval '1 hour', NULL),
			('send_mail', '{}', 25, 'mail', 'completed', now() - interval '1 day', now())`,
	} {
		if _, err := pool.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	readings, err := source.Readings(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := metrics.Reading{Space: "space-000000", QuotaBytes: 42844815360, UsedBytes: 1024, Accounts: 1, Limit: 50,
		At: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)}
	if len(readings) != 18 || !cmp.Equal(want, readings[0]) {
		t.Errorf("%d readings, want those of 18 spaces that are not closed; the first is %+v", len(readings), readings[0])
	}
	spaces, err := source.Spaces(ctx)
	expect(t, "spaces", err, counted(spaces), map[string]int64{"active": 16, "provisioning": 2, "closed": 2, "queued": 0, "ready": 0,
		"suspended": 0, "closing": 0, "deleting": 0})
	blocked, err := source.Blocked(ctx)
	expect(t, "blocked", err, counted(blocked), map[string]int64{"forbidden": 2})
	applications, err := source.Applications(ctx)
	expect(t, "applications", err, counted(applications)["approved"], int64(20))
	expect(t, "states of applications", nil, len(applications), 8)
	hosts, err := source.Hosts(ctx)
	expect(t, "hosts", err, hosts, []metrics.Host{{Name: "cloud-1", Health: "ok", Spaces: 18, Capacity: 20000}})
	mails, err := source.Mails(ctx)
	expect(t, "mails", err, []int64{mails.N, int64(mails.Age.Round(time.Minute))}, []int64{1, int64(time.Hour)})
	queues, err := source.Queues(ctx)
	for i := range queues {
		queues[i].Age = queues[i].Age.Round(time.Minute)
	}
	expect(t, "queues", err, queues, []metrics.Waiting{{Queue: "default"}, {Queue: "mail"}, {Queue: "spaces", N: 2, Age: 10 * time.Minute}, {Queue: "webhooks"}})
}

func TestWhatTheDatabaseTellsOfSupport(t *testing.T) {
	t.Parallel()
	pool, source := filled(t, 5)
	ctx := t.Context()
	for _, sql := range []string{
		`INSERT INTO providers (public_id, slug, form_key, state, name, structure, people, town, region, on_site, remote, kinds, sizes,
			languages, presentation, free_offer, quoted_offer, contact_name, contact_email, lang, capacity)
		SELECT 'p' || i, 'p' || i, 'p' || i, CASE WHEN i = 3 THEN 'paused' ELSE 'listed' END, 'P', 'association', 1, 'Brest', 'bretagne',
			false, true, '{training}', '{small}', '{fr}', '', '', '', 'P', 'p@p.example', 'fr', 5 FROM generate_series(1, 3) i`,
		`INSERT INTO support_links (public_id, space_id, provider_id, state, origin, due_at)
		SELECT 'l' || s.id, s.id, (SELECT min(id) FROM providers), 'accepted', 'match', now() FROM (SELECT id FROM spaces ORDER BY id LIMIT 2) s`,
		`INSERT INTO tickets (public_id, form_key, space_id, provider_id, escalated, kind, title, state, opened_via, solve_left, created_at, answer_due_at)
		SELECT 't' || i, 't' || i, (SELECT min(id) FROM spaces), (SELECT min(id) FROM providers), i = 3, 'training', 'T',
			CASE WHEN i = 4 THEN 'waiting' ELSE 'new' END, 'web', 0, now() - i * interval '1 hour',
			CASE WHEN i < 4 THEN now() + (2 - i) * interval '30 minutes' END FROM generate_series(1, 4) i`,
		`INSERT INTO webhooks (public_id, provider_id, url, secret) SELECT 'w', min(id), 'https://x.example', '' FROM providers`,
		`INSERT INTO webhook_deliveries (public_id, webhook_id, event_key, type, payload, state, next_try_at)
		SELECT 'd' || i, w.id, i::text, 'ping', '', CASE WHEN i = 3 THEN 'failed' ELSE 'pending' END, now() + (i - 2) * interval '1 hour'
		FROM webhooks w, generate_series(1, 3) i`,
	} {
		if _, err := pool.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	tickets, err := source.Tickets(ctx)
	expect(t, "tickets", err, counted(tickets), map[string]int64{"new": 3, "open": 0, "waiting": 1, "solved": 0, "closed": 0})
	links, err := source.Links(ctx)
	expect(t, "links", err, counted(links), map[string]int64{"proposed": 0, "accepted": 2, "declined": 0, "lapsed": 0, "ended": 0})
	providers, err := source.Providers(ctx)
	expect(t, "providers", err, counted(providers), map[string]int64{"applied": 0, "listed": 2, "paused": 1, "refused": 0})
	unanswered, err := source.Unanswered(ctx)
	for i := range unanswered {
		unanswered[i].Age = unanswered[i].Age.Round(time.Minute)
	}
	expect(t, "unanswered tickets", err, unanswered, []metrics.Unanswered{{Holder: "provider", N: 2, Age: 2 * time.Hour, Late: 1},
		{Holder: "team", N: 1, Age: 3 * time.Hour, Late: 1}})
	deliveries, err := source.Deliveries(ctx)
	expect(t, "deliveries", err, []int64{deliveries.N, int64(deliveries.Age.Round(time.Minute))}, []int64{2, int64(time.Hour)})
}

func expect[T any](t *testing.T, what string, err error, got, want T) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func counted(all []metrics.Count) map[string]int64 {
	m := map[string]int64{}
	for _, c := range all {
		m[c.Of] = c.N
	}
	return m
}

func TestAScrapeOfARealDatabase(t *testing.T) {
	t.Parallel()
	_, source := filled(t, 10)
	body := scrape(t, newMetrics(t, source, io.Discard))
	for _, want := range []string{`nichoir_space_quota_bytes{space="space-000000"} 4.284481536e+10`, "nichoir_database_up 1", "nichoir_mails_queued 0"} {
		if !strings.Contains(body, want) {
			t.Errorf("the scrape lacks %s", want)
		}
	}
}

// BenchmarkScrapeWithDatabase is what the design limits to 100 ms: 10,000 spaces, read and written out.
func BenchmarkScrapeWithDatabase(b *testing.B) {
	pool, source := filled(b, 11_111) // of which 10,000 are not closed
	if _, err := pool.Exec(b.Context(), "ANALYZE"); err != nil {
		b.Fatal(err)
	}
	m, err := metrics.New(metrics.Options{Source: source, Log: quiet()})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		scrape(b, m)
	}
}
