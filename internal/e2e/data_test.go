package e2e_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

// What a space may use: 40 GB shared by 50 accounts, 100 MiB of it each account's own.
const (
	totalBytes    = int64(40) << 30
	personalBytes = int64(100) << 20
)

// addCampaign makes a campaign that is open and never full.
func addCampaign(tb testing.TB, pool *pgxpool.Pool) {
	tb.Helper()
	sql(tb, pool, `INSERT INTO plans (name, total_bytes, account_limit, personal_bytes, suites)
		VALUES ('40 GB', $1, 50, $2, '{collabora,onlyoffice}')`, totalBytes, personalBytes)
	sql(tb, pool, `INSERT INTO campaigns (name, plan_id, opens_at, closes_at, capacity)
		SELECT 'Automne', id, now() - interval '1 day', now() + interval '30 days', 1000000 FROM plans`)
}

// order makes n approved applications and their queued spaces, as the release of a batch does. first numbers them.
func order(tb testing.TB, pool *pgxpool.Pool, first, n int) {
	tb.Helper()
	sql(tb, pool, `INSERT INTO people (email, name) SELECT 'lead' || i || '@example.org', 'Camille Martin ' || i
		FROM generate_series($1::int, $1 + $2 - 1) AS i`, first, n)
	sql(tb, pool, `
		INSERT INTO applications (public_id, form_key, campaign_id, state, association, object, lead_name, lead_email, person_id,
			expected_accounts, suite, slug, lang, terms_at, confirmed_at)
		SELECT 'application-' || i, 'form-' || i, (SELECT max(id) FROM campaigns), 'approved', 'Les Canards ' || i, 'Observer les canards.',
			p.name, p.email, p.id, 5, 'collabora', 'canards-' || i, 'fr', now(), now()
		FROM generate_series($1::int, $1 + $2 - 1) AS i JOIN people p ON p.email = 'lead' || i || '@example.org'`, first, n)
	sql(tb, pool, `
		INSERT INTO spaces (public_id, application_id, person_id, state, name, slug, lang, suite, total_bytes, account_limit, personal_bytes)
		SELECT 'space-' || a.id, a.id, a.person_id, 'queued', a.association, a.slug, a.lang, a.suite, $1, 50, $2
		FROM applications a WHERE NOT EXISTS (SELECT 1 FROM spaces s WHERE s.application_id = a.id) ORDER BY a.id`, totalBytes, personalBytes)
	sql(tb, pool, `
		INSERT INTO accounts (space_id, name, email, lang, role, state, wanted)
		SELECT s.id, p.name, p.email, 'fr', 'lead', 'invited', 'create' FROM spaces s JOIN people p ON p.id = s.person_id
		WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.space_id = s.id)`)
}

// fill makes a service in full swing: 50,000 applications in every state over two campaigns and two suites, 10,000 of them
// with a space that works, on five hosts, with ten accounts, a search for a provider and a reading each.
func fill(tb testing.TB, pool *pgxpool.Pool) {
	tb.Helper()
	addCampaign(tb, pool)
	sql(tb, pool, `INSERT INTO campaigns (name, plan_id, opens_at, closes_at, capacity)
		SELECT 'Printemps', id, now() - interval '1 year', now() - interval '300 days', 25000 FROM plans`)
	sql(tb, pool, `INSERT INTO people (email, name) SELECT 'lead' || i || '@example.org', 'Lead ' || i % 997 FROM generate_series(1, 50000) AS i`)
	sql(tb, pool, `
		INSERT INTO applications (public_id, form_key, campaign_id, state, association, object, lead_name, lead_email, person_id,
			expected_accounts, suite, slug, lang, terms_at, search, created_at, received_at, confirmed_at)
		SELECT 'application-' || i, 'form-' || i, c.first + i % 5 / 3,
			CASE WHEN i % 100 < 20 THEN 'approved' WHEN i % 100 < 28 THEN 'unconfirmed' WHEN i % 100 < 70 THEN 'submitted'
			     WHEN i % 100 < 82 THEN 'waitlisted' WHEN i % 100 < 92 THEN 'rejected' WHEN i % 100 < 97 THEN 'withdrawn' ELSE 'expired' END,
			w.name, repeat('Planter des haies. ', 20), p.name, p.email, p.id, 1 + i % 50,
			CASE WHEN i % 7 < 5 THEN 'collabora' ELSE 'onlyoffice' END, 'asso-' || i, 'fr', now(),
			lower(w.name) || ' ' || lower(p.name) || ' ' || p.email || ' asso-' || i,
			at, at, CASE WHEN i % 100 NOT BETWEEN 20 AND 27 THEN at END
		FROM generate_series(1, 50000) AS i JOIN people p ON p.email = 'lead' || i || '@example.org',
		LATERAL (SELECT min(id) AS first FROM campaigns) AS c,
		LATERAL (SELECT 'Association ' || (ARRAY['des pecheurs', 'culturelle', 'sportive', 'de quartier', 'des parents'])[1 + i % 5]
			|| CASE WHEN i % 251 = 0 THEN ' Rarissime' ELSE '' END || ' ' || i AS name) AS w,
		LATERAL (SELECT now() - interval '300 days' + (i / 3) * interval '1 minute' AS at) AS x`)
	sql(tb, pool, `
		INSERT INTO hosts (name, base_url, public_url, service_user, secret, version, major, suites, capacity, isolated, silent)
		SELECT 'cloud-' || i, 'http://127.0.0.1:' || i, 'https://cloud-' || i || '.example', 'nichoir', '\x00', '32.0.1', 32,
			'{collabora,onlyoffice}', 3000, true, true FROM generate_series(1, 5) AS i`)
	sql(tb, pool, `
		INSERT INTO spaces (public_id, application_id, person_id, host_id, state, name, slug, lang, suite, total_bytes, account_limit,
			personal_bytes, mount_point, group_made, folder_id, folder_bytes, created_at, ready_at, active_at)
		SELECT substr(md5(a.id::text), 1, 20), a.id, a.person_id, (SELECT min(id) FROM hosts) + a.id % 5, 'active', a.association, a.slug, 'fr',
			a.suite, $1, 50, $2, a.association, true, a.id, $1 - 10 * $2::bigint, now(), now(), now()
		FROM applications a WHERE a.state = 'approved'`, totalBytes, personalBytes)
	sql(tb, pool, `
		INSERT INTO accounts (space_id, host_id, login, name, email, lang, role, state, made, activated_at)
		SELECT s.id, s.host_id, 'member-' || s.id || '-' || i, 'Member ' || i, 'member' || i || '@' || s.slug || '.example', 'fr',
			CASE i WHEN 1 THEN 'lead' ELSE 'member' END, 'active', true, now()
		FROM spaces s, generate_series(1, 10) AS i`)
	// Each lead was asked once who may help, and said "not yet".
	sql(tb, pool, `INSERT INTO support_searches (space_id, size, stance, ask_at) SELECT id, 'small', 'later', now() + interval '20 days' FROM spaces`)
	sql(tb, pool, `INSERT INTO readings (space_id, quota_bytes, used_bytes, accounts, read_at)
		SELECT id, folder_bytes, id * 1000003 % folder_bytes, 10, now() FROM spaces`)
	settle(tb, pool)
}

// settle does what autovacuum, which is off in the tests' cluster, would have done by now.
func settle(tb testing.TB, pool *pgxpool.Pool) {
	tb.Helper()
	sql(tb, pool, `CHECKPOINT`) // what is not flushed cannot be marked as visible to all
	sql(tb, pool, `VACUUM ANALYZE`)
}
