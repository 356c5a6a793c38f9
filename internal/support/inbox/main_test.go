package inbox_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
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
	"nichoir/internal/support/inbox"
	"nichoir/internal/support/tickets"
	"nichoir/internal/testdb"
	"nichoir/provisioning"
)

func TestMain(m *testing.M) { testdb.Main(m, postgres.Migrate) }

const (
	domain = "In.example.org"
	help   = "aide@in.example.org"
)

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

func (c *clock) Turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is a database with a space that a provider helps, a ticket of it, and a mailbox.
type world struct {
	*inbox.Service
	opts    inbox.Options
	tickets *tickets.Service
	id      *identity.Service
	db      *postgres.DB
	pool    *pgxpool.Pool
	clock   *clock
	uid     uint32
	keys    int

	space  int64
	ticket tickets.Ticket
	a, b   int64           // providers; a holds the ticket
	lead   identity.Person // of one space
	busy   identity.Person // lead of two others
	anna   identity.Person // of provider a, as is aldo
	aldo   identity.Person
	bea    identity.Person // of provider b
	team   identity.Person
}

func setup(tb testing.TB) *world {
	tb.Helper()
	pool := testdb.New(tb)
	db := must[*postgres.DB](tb)(postgres.New(pool, func(event, recipient string) string { return event + "." + recipient }))
	zone := must[*time.Location](tb)(time.LoadLocation("Europe/Paris"))
	w := &world{db: db, pool: pool, clock: &clock{at: time.Date(2026, 3, 2, 10, 0, 0, 0, zone)}}
	w.id = identity.New(identity.Options{
		Store: db.Identity(), Clock: w.clock.Now, Rand: rand.Reader, CounterKey: []byte("key of the tests"),
		ParseAddress: func(s string) (string, error) { return s, nil }, Issuer: "Nichoir",
	})
	w.tickets = tickets.New(tickets.Options{
		Store: db.Tickets(), Identity: w.id, Spaces: provisioning.New(provisioning.Options{Store: db.Provisioning()}),
		Clock: w.clock.Now, Rand: rand.Reader, Calendar: support.NewCalendar(zone), ReplyKey: []byte("key of the addresses"),
	})
	w.opts = inbox.Options{
		Store: db.Inbox(), Identity: w.id, Tickets: w.tickets, Clock: w.clock.Now,
		Domain: domain, Address: help, BounceKey: []byte("key of the bounces"), OlderBounceKeys: [][]byte{[]byte("key of before")},
		Words: func(lang string) inbox.Words {
			return inbox.Words{NoSubject: "no subject, " + lang, Incomplete: "incomplete, " + lang}
		},
	}
	w.Service = inbox.New(w.opts)
	w.exec(tb, `INSERT INTO plans (name, total_bytes, account_limit, personal_bytes, suites)
		VALUES ('40 GB', 42949672960, 50, 104857600, '{collabora}')`)
	w.exec(tb, `INSERT INTO campaigns (name, plan_id, opens_at, closes_at, capacity) VALUES ('c', 1, now(), now() + interval '1 day', 9)`)
	w.lead, w.busy = w.person(tb, "lea"), w.person(tb, "boris")
	w.space = w.newSpace(tb, "les-amis", w.lead)
	w.newSpace(tb, "un", w.busy)
	w.newSpace(tb, "deux", w.busy)
	w.anna, w.aldo, w.bea = w.person(tb, "anna"), w.person(tb, "aldo"), w.person(tb, "bea")
	w.a, w.b = w.provider(tb, "Atelier", w.anna, w.aldo), w.provider(tb, "Bureau", w.bea)
	w.team = must[identity.Person](tb)(w.id.AddStaff(ctx(), "team@example.org", "Tea", identity.Reviewer))
	w.link(tb, w.a)
	w.ticket = must[tickets.Ticket](tb)(w.tickets.Open(ctx(), tickets.NewTicket{
		Key: w.key(), SpaceID: w.space, Kind: support.KindTraining, Title: "Former le bureau", Body: "Par où commencer ?",
	}, w.lead))
	return w
}

func ctx() context.Context { return context.Background() }

func (w *world) person(tb testing.TB, name string) identity.Person {
	tb.Helper()
	id := value[int64](tb, w, `INSERT INTO people (email, name) VALUES ($1, $2) RETURNING id`, name+"@example.org", name)
	return must[identity.Person](tb)(w.id.Person(ctx(), id))
}

func (w *world) newSpace(tb testing.TB, slug string, lead identity.Person) int64 {
	tb.Helper()
	app := value[int64](tb, w, `INSERT INTO applications (public_id, form_key, campaign_id, state, association, object, lead_name,
		lead_email, person_id, expected_accounts, suite, slug, lang, terms_at) VALUES ($1, $1, 1, 'approved', $1, '', $2, $3, $4, 9,
		'collabora', $1, 'fr', now()) RETURNING id`, slug, lead.Name, lead.Email, lead.ID)
	id := value[int64](tb, w, `INSERT INTO spaces (public_id, application_id, person_id, state, name, slug, lang, suite,
		total_bytes, account_limit, personal_bytes) VALUES ($1, $2, $3, 'active', $1, $1, 'fr', 'collabora',
		42949672960, 50, 104857600) RETURNING id`, slug, app, lead.ID)
	w.exec(tb, `INSERT INTO support_searches (space_id, size) VALUES ($1, 'small')`, id)
	return id
}

func (w *world) provider(tb testing.TB, name string, members ...identity.Person) int64 {
	tb.Helper()
	id := value[int64](tb, w, `INSERT INTO providers (public_id, slug, form_key, state, name, structure, people, town, region, on_site,
		remote, kinds, sizes, languages, presentation, free_offer, quoted_offer, contact_name, contact_email, lang, capacity)
		VALUES ($1, $1, $1, 'listed', $1, 'cooperative', 3, 'Brest', 'bretagne', true, true, '{training}', '{small}', '{fr}', '', '',
		'', '', '', 'fr', 5) RETURNING id`, name)
	for _, m := range members {
		w.exec(tb, `INSERT INTO provider_members (provider_id, person_id, joined_at) VALUES ($1, $2, now())`, id, m.ID)
	}
	return id
}

// link makes the space a provider's, as linking does.
func (w *world) link(tb testing.TB, provider int64) {
	tb.Helper()
	ok(tb, w.db.Tickets().InTx(ctx(), func(tx tickets.DeskTx) error {
		w.exec(tb, `UPDATE support_links SET state = 'ended', ended_at = now(), ended_by = 'change' WHERE space_id = $1 AND state = 'accepted'`, w.space)
		w.exec(tb, `INSERT INTO support_links (public_id, space_id, provider_id, state, origin, due_at)
			VALUES (gen_random_uuid()::text, $1, $2, 'accepted', 'team', now())`, w.space, provider)
		return w.tickets.MoveIn(ctx(), tx, w.space, provider, "")
	}))
}

func (w *world) key() string {
	w.keys++
	return fmt.Sprintf("key-of-the-form-%04d", w.keys)
}

// replyTo is the address to which the person's answers about the ticket go.
func (w *world) replyTo(p identity.Person) string {
	return w.tickets.ReplyAddress(w.ticket.ID, p.ID) + "@" + domain
}

// letter is a good mail that lies in the mailbox under a number of its own.
func (w *world) letter(from, to, text string) inbox.Letter {
	w.uid++
	raw := fmt.Sprintf("%d %s %s %s", w.uid, from, to, text)
	return inbox.Letter{
		Place: inbox.Place{Mailbox: "INBOX", UIDValidity: 7, UID: w.uid}, Raw: []byte(raw), Size: int64(len(raw)), Digest: sha256.Sum256([]byte(raw)),
		MessageID: fmt.Sprintf("mail-%d@elsewhere.example", w.uid), From: from, To: []string{to}, Subject: "Re: [Nichoir 1001] Formation", Text: text,
	}
}

func (w *world) receive(tb testing.TB, l inbox.Letter, want inbox.Outcome) {
	tb.Helper()
	got, err := w.Receive(ctx(), l)
	if err != nil || got != want {
		tb.Fatalf("received as %q, %v; want %q", got, err, want)
	}
}

// reason is what the last mail's row says beside its outcome.
func (w *world) reason(tb testing.TB) string {
	tb.Helper()
	return value[string](tb, w, `SELECT reason FROM incoming_mails ORDER BY id DESC LIMIT 1`)
}

// messages are those of the ticket that came by mail: "author: body (files)".
func (w *world) messages(tb testing.TB) string {
	tb.Helper()
	return value[string](tb, w, `SELECT coalesce(string_agg(p.name || ': ' || l.body || CASE WHEN n.n > 0 THEN ' (' || n.n || ')' ELSE '' END, '; ' ORDER BY l.id), '')
		FROM ticket_messages l JOIN people p ON p.id = l.author_id
		CROSS JOIN LATERAL (SELECT count(*) AS n FROM ticket_attachments a WHERE a.message_id = l.id) n
		WHERE l.ticket_id = $1 AND l.via = 'mail'`, w.ticket.ID)
}

// mails are those about incoming mail: "template recipient".
func (w *world) mails(tb testing.TB) string {
	tb.Helper()
	return value[string](tb, w, `SELECT coalesce(string_agg(template || ' ' || recipient, ', ' ORDER BY id), '') FROM mails
		WHERE template LIKE 'mail-%' OR template = 'address-added'`)
}

// held brings an answer in anna's name from an address that nobody knows, and returns the token of its link.
func (w *world) held(tb testing.TB, text string, files ...inbox.File) string {
	tb.Helper()
	l := w.letter("anna@home.example", w.replyTo(w.anna), text)
	l.Files = files
	w.receive(tb, l, inbox.Held)
	return w.token(tb)
}

// token mints the link that the mail about the last held answer would carry.
func (w *world) token(tb testing.TB) string {
	tb.Helper()
	id := value[int64](tb, w, `SELECT max(id) FROM incoming_mails`)
	token, _, err := w.id.MintLink(ctx(), identity.PurposeHeld, id, "anna@home.example", "fr")
	ok(tb, err)
	return token
}

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

// keeps reports whether the mail of that place has a row.
func (w *world) keeps(tb testing.TB, p inbox.Place) bool {
	tb.Helper()
	return value[bool](tb, w, `SELECT EXISTS (SELECT 1 FROM incoming_mails WHERE mailbox = $1 AND uid_validity = $2 AND uid = $3)`,
		p.Mailbox, int64(p.UIDValidity), int64(p.UID))
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

func same(tb testing.TB, what, got, want string) {
	tb.Helper()
	if got != want {
		tb.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func wantProblem(tb testing.TB, err error, code problem.Code, key string) {
	tb.Helper()
	var p *problem.Error
	if !errors.As(err, &p) || p.Code != code || p.Key != key {
		tb.Fatalf("got %v, want %s (%s)", err, code, key)
	}
}

func upper(s string) string { return strings.ToUpper(s) }
