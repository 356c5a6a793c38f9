package tickets_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"nichoir/internal/identity"
	"nichoir/internal/postgres"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/tickets"
	"nichoir/internal/testdb"
	"nichoir/provisioning"
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

func paris(tb testing.TB) *time.Location {
	tb.Helper()
	return must[*time.Location](tb)(time.LoadLocation("Europe/Paris"))
}

// world is a database with a space, its people, two providers and a team.
type world struct {
	*tickets.Service
	id    *identity.Service
	db    *postgres.DB
	pool  *pgxpool.Pool
	clock *clock
	zone  *time.Location
	keys  int

	space  int64 // active, linked to nobody
	lead   identity.Person
	colead identity.Person // by the account below
	member int64           // account of the co-lead
	a, b   int64           // providers
	anna   identity.Person // of provider a, as is aldo
	aldo   identity.Person
	bea    identity.Person // of provider b
	team   identity.Person
	other  identity.Person // lead of another space
}

// setup gives a test a world on Monday the 2nd of March 2026, 10:00 in Paris.
func setup(tb testing.TB) *world {
	tb.Helper()
	pool := testdb.New(tb)
	db := must[*postgres.DB](tb)(postgres.New(pool, func(event, recipient string) string { return event + "/" + recipient }))
	w := &world{db: db, pool: pool, zone: paris(tb)}
	w.clock = &clock{at: time.Date(2026, 3, 2, 10, 0, 0, 0, w.zone)}
	w.id = identity.New(identity.Options{
		Store: db.Identity(), Clock: w.clock.Now, Rand: rand.Reader, CounterKey: []byte("key of the tests"),
		ParseAddress: func(s string) (string, error) { return s, nil }, Issuer: "Nichoir",
	})
	w.Service = tickets.New(tickets.Options{
		Store: db.Tickets(), Identity: w.id, Spaces: provisioning.New(provisioning.Options{Store: db.Provisioning()}),
		Clock: w.clock.Now, Rand: rand.Reader, Calendar: support.NewCalendar(w.zone), ReplyKey: []byte("key of the addresses"),
	})
	w.exec(tb, `INSERT INTO plans (name, total_bytes, account_limit, personal_bytes, suites)
		VALUES ('40 GB', 42949672960, 50, 104857600, '{collabora}')`)
	w.exec(tb, `INSERT INTO campaigns (name, plan_id, opens_at, closes_at, capacity) VALUES ('c', 1, now(), now() + interval '1 day', 9)`)
	w.exec(tb, `INSERT INTO hosts (name, base_url, public_url, service_user, secret, version, capacity)
		VALUES ('one', 'https://one.internal', 'https://one.example', 'nichoir', '', '31.0.4', 100)`)
	w.lead, w.other = w.person(tb, "lea"), w.person(tb, "omar")
	w.space = w.newSpace(tb, "les-amis", w.lead)
	w.newSpace(tb, "les-autres", w.other)
	w.member = w.account(tb, w.space, "colin")
	ok(tb, w.AddColead(ctx(), w.space, w.member, w.lead))
	w.colead = must[identity.Person](tb)(w.id.PersonByEmail(ctx(), "colin@example.org"))
	w.a, w.b = w.provider(tb, "Atelier"), w.provider(tb, "Bureau")
	w.anna, w.aldo, w.bea = w.person(tb, "anna"), w.person(tb, "aldo"), w.person(tb, "bea")
	w.belongs(tb, w.a, w.anna)
	w.belongs(tb, w.a, w.aldo)
	w.belongs(tb, w.b, w.bea)
	w.team = must[identity.Person](tb)(w.id.AddStaff(ctx(), "team@example.org", "Tea", identity.Reviewer))
	return w
}

func ctx() context.Context { return context.Background() }

func (w *world) person(tb testing.TB, name string) identity.Person {
	tb.Helper()
	id := value[int64](tb, w, `INSERT INTO people (email, name) VALUES ($1, $2) RETURNING id`, name+"@example.org", strings.ToUpper(name[:1])+name[1:])
	return must[identity.Person](tb)(w.id.Person(ctx(), id))
}

func (w *world) newSpace(tb testing.TB, slug string, lead identity.Person) int64 {
	tb.Helper()
	app := value[int64](tb, w, `INSERT INTO applications (public_id, form_key, campaign_id, state, association, object, lead_name,
		lead_email, person_id, expected_accounts, suite, slug, lang, terms_at) VALUES ($1, $1, 1, 'approved', $1, '', $2, $3, $4, 9,
		'collabora', $1, 'fr', now()) RETURNING id`, slug, lead.Name, lead.Email, lead.ID)
	id := value[int64](tb, w, `INSERT INTO spaces (public_id, application_id, person_id, host_id, state, name, slug, lang, suite,
		total_bytes, account_limit, personal_bytes) VALUES ($1, $2, $3, 1, 'active', 'Secrets & Cie ' || $1, $1, 'fr', 'collabora',
		42949672960, 50, 104857600) RETURNING id`, slug, app, lead.ID)
	w.exec(tb, `INSERT INTO support_searches (space_id, size) VALUES ($1, 'small')`, id)
	return id
}

func (w *world) account(tb testing.TB, space int64, name string) int64 {
	tb.Helper()
	return value[int64](tb, w, `INSERT INTO accounts (space_id, name, email, lang, role, state)
		VALUES ($1, $2, $2 || '@example.org', 'fr', 'member', 'active') RETURNING id`, space, name)
}

func (w *world) provider(tb testing.TB, name string) int64 {
	tb.Helper()
	return value[int64](tb, w, `INSERT INTO providers (public_id, slug, form_key, state, name, structure, people, town, region, on_site,
		remote, kinds, sizes, languages, presentation, free_offer, quoted_offer, contact_name, contact_email, lang, capacity)
		VALUES ($1, $1, $1, 'listed', $1, 'cooperative', 3, 'Brest', 'bretagne', true, true, '{training}', '{small}', '{fr}', '', '',
		'', '', '', 'fr', 5) RETURNING id`, name)
}

func (w *world) belongs(tb testing.TB, provider int64, p identity.Person) {
	tb.Helper()
	w.exec(tb, `INSERT INTO provider_members (provider_id, person_id, joined_at) VALUES ($1, $2, now())`, provider, p.ID)
}

// link makes the space a provider's, as linking does: the former link ends, the tickets move, in one transaction.
func (w *world) link(tb testing.TB, provider int64, summary string) {
	tb.Helper()
	ok(tb, w.db.Tickets().InTx(ctx(), func(tx tickets.DeskTx) error {
		w.exec(tb, `UPDATE support_links SET state = 'ended', ended_at = now(), ended_by = 'change' WHERE space_id = $1 AND state = 'accepted'`, w.space)
		if provider != 0 {
			w.exec(tb, `INSERT INTO support_links (public_id, space_id, provider_id, state, origin, due_at)
				VALUES (gen_random_uuid()::text, $1, $2, 'accepted', 'team', now())`, w.space, provider)
		}
		return w.MoveIn(ctx(), tx, w.space, provider, summary)
	}))
}

// pause lets a provider rest; a zero end is open.
func (w *world) pause(tb testing.TB, provider int64, from, until time.Time) {
	tb.Helper()
	var end *time.Time
	if !until.IsZero() {
		end = &until
	}
	w.exec(tb, `INSERT INTO provider_pauses (provider_id, from_at, until_at, cause) VALUES ($1, $2, $3, 'holidays')`, provider, from, end)
}

func (w *world) key() string {
	w.keys++
	return fmt.Sprintf("key-of-the-form-%04d", w.keys)
}

func (w *world) form() tickets.NewTicket {
	return tickets.NewTicket{
		Key: w.key(), SpaceID: w.space, Kind: support.KindTraining, Title: "Former le bureau", Body: "Bonjour, par où commencer ?",
		Consent: true,
	}
}

func (w *world) open(tb testing.TB) tickets.Ticket {
	tb.Helper()
	return must[tickets.Ticket](tb)(w.Open(ctx(), w.form(), w.lead))
}

func (w *world) say(
	tb testing.TB, t tickets.Ticket, body string, then tickets.Then, by identity.Person, files ...tickets.File,
) {
	tb.Helper()
	ok(tb, w.Say(ctx(), t.PublicID, tickets.NewMessage{Key: w.key(), Body: body, Then: then, Files: files}, by))
}

func (w *world) see(tb testing.TB, t tickets.Ticket, by identity.Person) tickets.View {
	tb.Helper()
	return must[tickets.View](tb)(w.See(ctx(), t.PublicID, by))
}

// bodies are the messages as the person sees them: "side: body".
func (w *world) bodies(tb testing.TB, t tickets.Ticket, by identity.Person) string {
	tb.Helper()
	var out []string
	for _, m := range w.see(tb, t, by).Messages {
		out = append(out, string(m.Side)+": "+m.Body)
	}
	return strings.Join(out, " | ")
}

func (w *world) wantState(tb testing.TB, t tickets.Ticket, want tickets.State) {
	tb.Helper()
	if got := value[string](tb, w, `SELECT state FROM tickets WHERE id = $1`, t.ID); got != string(want) {
		tb.Errorf("the ticket is %s, want %s", got, want)
	}
}

// mails are the mails since the id, "template to recipient" in the order of their making.
func (w *world) mails(tb testing.TB, since int64) string {
	tb.Helper()
	return strings.ReplaceAll(value[string](tb, w, `SELECT coalesce(string_agg(template || ' ' || recipient, ', ' ORDER BY recipient, id), '')
		FROM mails WHERE id > $1`, since), "@example.org", "")
}

func (w *world) lastMail(tb testing.TB) int64 {
	tb.Helper()
	return value[int64](tb, w, `SELECT coalesce(max(id), 0) FROM mails`)
}

// events are what was told to a provider's tools, in order.
func (w *world) events(tb testing.TB, provider int64) string {
	tb.Helper()
	return value[string](tb, w, `SELECT coalesce(string_agg((args->>'type') || '=' || (args->>'state'), ', ' ORDER BY id), '') FROM river_job
		WHERE kind = 'support_event' AND (args->>'provider_id')::bigint = $1`, provider)
}

func (w *world) actions(tb testing.TB, t tickets.Ticket) string {
	tb.Helper()
	return value[string](tb, w, `SELECT coalesce(string_agg(action, ', ' ORDER BY id), '') FROM audit WHERE subject = 'ticket' AND subject_id = $1`, t.ID)
}

func (w *world) tend(tb testing.TB) int {
	tb.Helper()
	return must[int](tb)(w.Tend(ctx(), 50))
}

// must returns a result, and fails the test with the error that came in its place.
func must[T any](tb testing.TB) func(T, error) T {
	tb.Helper()
	return func(v T, err error) T {
		tb.Helper()
		ok(tb, err)
		return v
	}
}

func ok(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// value reads one value from the database.
func value[T any](tb testing.TB, w *world, sql string, args ...any) T {
	tb.Helper()
	var v T
	if err := w.pool.QueryRow(ctx(), sql, args...).Scan(&v); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
	return v
}

func (w *world) exec(tb testing.TB, sql string, args ...any) {
	tb.Helper()
	if _, err := w.pool.Exec(ctx(), sql, args...); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
}

func wantProblem(tb testing.TB, err error, code problem.Code) {
	tb.Helper()
	var p *problem.Error
	if !errors.As(err, &p) || p.Code != code {
		tb.Fatalf("got %v, want %s", err, code)
	}
}

func wantText(tb testing.TB, what, got, want string) {
	tb.Helper()
	if got != want {
		tb.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}
