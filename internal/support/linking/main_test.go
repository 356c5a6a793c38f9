package linking_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"nichoir/internal/identity"
	"nichoir/internal/postgres"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
	"nichoir/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m, postgres.Migrate) }

// clock is a clock that tests turn.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

func (c *clock) Turn(d time.Duration) { c.Set(c.Now().Add(d)) }

// desk stands for the tickets: it writes what was moved into the trail, in the transaction that it was given.
type desk struct{}

func (desk) MoveIn(ctx context.Context, tx tickets.MoveTx, spaceID, toProvider int64, summary string) error {
	return tx.Audit(ctx, identity.Entry{
		Actor: identity.ActorNichoir, Action: fmt.Sprintf("moved to %d: %s", toProvider, summary), Subject: "desk", SubjectID: spaceID,
	})
}

type bundle struct {
	*linking.Service
	db    *postgres.DB
	id    *identity.Service
	pool  *pgxpool.Pool
	clock *clock
	admin identity.Person
	zone  *time.Location
}

// setup gives a test a database without spaces and providers, on Monday, 2 March 2026, at ten in Paris.
func setup(tb testing.TB) *bundle {
	tb.Helper()
	pool := testdb.New(tb)
	db, err := postgres.New(pool, func(event, recipient string) string { return event + "/" + recipient })
	if err != nil {
		tb.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		tb.Fatal(err)
	}
	b := &bundle{db: db, pool: pool, zone: zone, clock: &clock{at: time.Date(2026, 3, 2, 10, 0, 0, 0, zone)}}
	b.id = identity.New(identity.Options{
		Store: db.Identity(), Clock: b.clock.Now, Rand: rand.Reader, CounterKey: []byte("key of the tests"),
		ParseAddress: func(s string) (string, error) { return s, nil }, Issuer: "Nichoir",
	})
	b.Service = b.service(db.Linking())
	if b.admin, err = b.id.AddStaff(context.Background(), "admin@example.org", "Alix", identity.Admin); err != nil {
		tb.Fatal(err)
	}
	b.exec(tb, `INSERT INTO plans (name, total_bytes, account_limit, personal_bytes, suites)
		VALUES ('40 GB', 42949672960, 50, 104857600, '{collabora}')`)
	b.exec(tb, `INSERT INTO campaigns (name, plan_id, opens_at, closes_at, capacity) VALUES ('Spring', 1, '2026-01-01', '2026-12-31', 20000)`)
	return b
}

// service is linking on a store of the test's.
func (b *bundle) service(store linking.Store) *linking.Service {
	return linking.New(linking.Options{
		Store: store, Identity: b.id, Tickets: desk{}, Clock: b.clock.Now, Rand: rand.Reader, Calendar: support.NewCalendar(b.zone),
	})
}

// at is a day of March 2026 at an hour in Paris.
func (b *bundle) at(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, b.zone) }

// spaces adds ready spaces; the first that a test adds has the id 1. Their leads are lead<id>@example.org.
func (b *bundle) spaces(tb testing.TB, n int) {
	tb.Helper()
	b.exec(tb, `
WITH ids AS (SELECT coalesce((SELECT max(id) FROM spaces), 0) + i AS id FROM generate_series(1, $1::int) AS i ORDER BY i),
leads AS (INSERT INTO people (email, name, lang) SELECT 'lead' || id || '@example.org', 'Léa ' || id, 'fr' FROM ids ORDER BY id
          RETURNING id, email),
asked AS (INSERT INTO applications (public_id, form_key, campaign_id, state, association, object, lead_name, lead_email,
                                    expected_accounts, suite, slug, lang, terms_at, region, help)
          SELECT 'app-' || id, 'key-' || id, 1, 'approved', 'Association ' || id, 'Planter des haies', 'Léa', 'lead' || id || '@example.org',
                 8, 'collabora', 'asso-' || id, 'fr', now(), 'bretagne', '{training}' FROM ids ORDER BY id
          RETURNING id, lead_email)
INSERT INTO spaces (public_id, application_id, person_id, state, name, slug, lang, suite, total_bytes, account_limit, personal_bytes)
SELECT 'space-' || i.id, a.id, l.id, 'ready', 'Association ' || i.id, 'asso-' || i.id, 'fr', 'collabora', 42949672960, 50, 104857600
FROM ids i JOIN asked a ON a.lead_email = 'lead' || i.id || '@example.org' JOIN leads l ON l.email = a.lead_email ORDER BY i.id`, n)
}

// providers adds listed ones with so many places; the first has the id 1, the public id provider-1, and the members
// member1-1@example.org and member1-2@example.org.
func (b *bundle) providers(tb testing.TB, n, places int) {
	tb.Helper()
	b.exec(tb, `
INSERT INTO providers (public_id, slug, form_key, state, name, structure, people, town, region, everywhere, on_site, remote, kinds, sizes,
                       languages, presentation, free_offer, quoted_offer, contact_name, contact_email, lang, capacity, confirmed_at, listed_at)
SELECT 'provider-' || i, 'coop-' || i, 'provider-key-' || i, 'listed', 'Coop ' || i, 'cooperative', 5, 'Rennes', 'bretagne', true, true, true,
       '{training,hosting,migration}', '{small,medium,large}', '{fr}', 'We help', 'an hour', 'the rest', 'Noé', 'coop' || i || '@example.org', 'fr',
       $2::int, now(), now()
FROM generate_series((SELECT coalesce(max(id), 0) + 1 FROM providers), (SELECT coalesce(max(id), 0) + $1::int FROM providers)) AS i ORDER BY i`,
		n, places)
	b.exec(tb, `
WITH new AS (INSERT INTO people (email, name, lang) SELECT 'member' || p.id || '-' || k || '@example.org', 'Noé', 'fr'
             FROM providers p, generate_series(1, 2) AS k
             WHERE NOT EXISTS (SELECT 1 FROM provider_members m WHERE m.provider_id = p.id) RETURNING id, email)
INSERT INTO provider_members (provider_id, person_id, manager, joined_at) SELECT p.id, new.id, true, now() FROM providers p
JOIN new ON new.email LIKE 'member' || p.id || '-%'`)
}

func (b *bundle) exec(tb testing.TB, sql string, args ...any) {
	tb.Helper()
	if _, err := b.pool.Exec(context.Background(), sql, args...); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
}

// value reads one value from the database.
func value[T any](tb testing.TB, b *bundle, sql string, args ...any) T {
	tb.Helper()
	var v T
	if err := b.pool.QueryRow(context.Background(), sql, args...).Scan(&v); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
	return v
}

func (b *bundle) person(tb testing.TB, email string) identity.Person {
	tb.Helper()
	return identity.Person{ID: value[int64](tb, b, `SELECT id FROM people WHERE email = $1`, email), Email: email, Lang: "fr"}
}

func (b *bundle) lead(tb testing.TB, space int) identity.Person {
	tb.Helper()
	return b.person(tb, fmt.Sprintf("lead%d@example.org", space))
}

func (b *bundle) member(tb testing.TB, provider int64) identity.Person {
	tb.Helper()
	return b.person(tb, fmt.Sprintf("member%d-1@example.org", provider))
}

// choose puts a space to a provider.
func (b *bundle) choose(tb testing.TB, space int64, provider int64) linking.Link {
	tb.Helper()
	l, err := b.Choose(context.Background(), space, fmt.Sprintf("provider-%d", provider), linking.FromDirectory, "Bonjour", "", b.lead(tb, int(space)))
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// linked links a space with the first provider.
func (b *bundle) linked(tb testing.TB, space int64) linking.Link {
	tb.Helper()
	const provider = 1
	l := b.choose(tb, space, provider)
	if err := b.Accept(context.Background(), l.PublicID, b.member(tb, provider)); err != nil {
		tb.Fatal(err)
	}
	return l
}

func (b *bundle) tend(tb testing.TB) int {
	tb.Helper()
	n, err := b.Tend(context.Background(), 1000)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func (b *bundle) search(tb testing.TB, space int64) linking.Search {
	tb.Helper()
	s, err := b.Search(context.Background(), space)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func (b *bundle) wantStance(tb testing.TB, space int64, want linking.Stance) linking.Search {
	tb.Helper()
	s := b.search(tb, space)
	if s.Stance != want {
		tb.Fatalf("the search of space %d is %s, want %s", space, s.Stance, want)
	}
	return s
}

// states are those of a space's links, oldest first: "1 declined, 2 proposed", by their providers.
func (b *bundle) states(tb testing.TB, space int64) string {
	tb.Helper()
	return value[string](tb, b, `SELECT coalesce(string_agg(provider_id || ' ' || state || CASE ended_by WHEN '' THEN '' ELSE ' by ' || ended_by END, ', ' ORDER BY id), '')
		FROM support_links WHERE space_id = $1`, space)
}

func (b *bundle) wantStates(tb testing.TB, space int64, want string) {
	tb.Helper()
	if got := b.states(tb, space); got != want {
		tb.Fatalf("the links are %q, want %q", got, want)
	}
}

// mails are the templates of the mails to an address, in order.
func (b *bundle) mails(tb testing.TB, address string) string {
	tb.Helper()
	return value[string](tb, b, `SELECT coalesce(string_agg(template, ', ' ORDER BY id), '') FROM mails WHERE recipient = $1`, address)
}

func (b *bundle) wantMails(tb testing.TB, address string, want ...string) {
	tb.Helper()
	if got := b.mails(tb, address); got != strings.Join(want, ", ") {
		tb.Fatalf("%s got %q, want %q", address, got, strings.Join(want, ", "))
	}
}

// events are those for a provider's tools, sorted.
func (b *bundle) events(tb testing.TB, provider int64) []string {
	tb.Helper()
	return value[[]string](tb, b, `SELECT coalesce(array_agg(args->>'key' || ' ' || (args->>'type') ORDER BY id), '{}') FROM river_job
		WHERE kind = 'support_event' AND (args->>'provider_id')::bigint = $1`, provider)
}

func (b *bundle) wantEvents(tb testing.TB, provider int64, want ...string) {
	tb.Helper()
	if got := b.events(tb, provider); !slices.Equal(got, want) {
		tb.Fatalf("the provider's tools were told %q, want %q", got, want)
	}
}

// moves are the moves of a space's tickets.
func (b *bundle) moves(tb testing.TB, space int64) string {
	tb.Helper()
	return value[string](tb, b, `SELECT coalesce(string_agg(action, ', ' ORDER BY id), '') FROM audit WHERE subject = 'desk' AND subject_id = $1`, space)
}

func (b *bundle) wantMoves(tb testing.TB, space int64, want string) {
	tb.Helper()
	if got := b.moves(tb, space); got != want {
		tb.Fatalf("the tickets were %q, want %q", got, want)
	}
}

func (b *bundle) token(tb testing.TB, l linking.Link, recipient string) string {
	tb.Helper()
	token, _, err := b.id.MintLink(context.Background(), identity.PurposeProposal, l.ID, recipient, "fr")
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

func wantProblem(tb testing.TB, err error, code problem.Code, key string) {
	tb.Helper()
	var p *problem.Error
	if !errors.As(err, &p) || p.Code != code || p.Key != key {
		tb.Fatalf("got %v, want %s (%s)", err, code, key)
	}
}

func ok(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
