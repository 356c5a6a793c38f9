package queue

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"nichoir/internal/identity"
	"nichoir/internal/mail"
	"nichoir/internal/onboarding"
	"nichoir/internal/postgres"
	"nichoir/internal/problem"
	"nichoir/internal/testdb"
	"nichoir/provisioning"
)

func TestMain(m *testing.M) { testdb.Main(m, postgres.Migrate) }

// patience bounds what a test waits for; only a failing one waits so long.
const patience = 30 * time.Second

// bundle is a database and the services that a queue works for, played by the test.
type bundle struct {
	pool     *pgxpool.Pool
	db       *postgres.DB
	spaces   *spaces
	apps     *applications
	people   *people
	metrics  *counts
	composer *composer
	smtp     *server
	support  *helpers
}

func setup(t *testing.T) *bundle {
	t.Helper()
	pool := testdb.New(t)
	db, err := postgres.New(pool, func(event, recipient string) string { return mail.MessageID(event+recipient, "test.example") })
	if err != nil {
		t.Fatal(err)
	}
	return &bundle{pool: pool, db: db, spaces: &spaces{}, apps: &applications{}, people: &people{},
		metrics: &counts{n: map[string]int{}}, composer: &composer{}, smtp: &server{}, support: &helpers{}}
}

func (b *bundle) options() Options {
	return Options{DB: b.db, Provisioning: b.spaces, Onboarding: b.apps, Identity: b.people, Directory: b.support, Linking: b.support,
		Tickets: b.support, Inbox: b.support, Webhooks: hooks{b.support}, Composer: b.composer,
		Sender: b.smtp, Links: links{}, Metrics: b.metrics, Log: slog.New(slog.DiscardHandler),
		Workers: Workers{Default: 2, Mail: 2, Spaces: 2, Webhooks: 2}, Tick: time.Hour, Grace: time.Millisecond}
}

// start starts a queue and stops it with the test.
func (b *bundle) start(t *testing.T, o Options) *Queue {
	t.Helper()
	q, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, q) })
	return q
}

func stop(t *testing.T, q *Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := q.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// await receives or fails.
func await[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	var got T
	select {
	case got = <-from:
	case <-timer.C:
		t.Fatalf("waited in vain for %s", what)
	}
	return got
}

// spaces plays provisioning.
type spaces struct {
	work       func(ctx context.Context, id int64) (provisioning.Outcome, error)
	sweep      func(ctx context.Context, id int64) (provisioning.Outcome, error)
	hosts      []provisioning.Host
	activation provisioning.Activation
	view       provisioning.View
	err        error

	mu        sync.Mutex
	due       int
	lapsed    int
	forgotten int
	troubled  map[int64]string
}

func (s *spaces) Work(ctx context.Context, id int64) (provisioning.Outcome, error) {
	return s.work(ctx, id)
}
func (s *spaces) Sweep(ctx context.Context, id int64) (provisioning.Outcome, error) {
	return s.sweep(ctx, id)
}
func (s *spaces) EnqueueDue(context.Context, int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due++
	return 0, nil
}
func (s *spaces) LapseInvitations(context.Context, int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lapsed++
	return 0, nil
}
func (s *spaces) Forget(context.Context) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgotten++
	return 0, nil
}
func (s *spaces) Hosts(context.Context) ([]provisioning.Host, error) { return s.hosts, nil }
func (s *spaces) ActivationOf(context.Context, int64) (provisioning.Activation, error) {
	return s.activation, s.err
}
func (s *spaces) View(context.Context, string) (provisioning.View, error) { return s.view, nil }
func (s *spaces) MailTrouble(_ context.Context, id int64, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.troubled == nil {
		s.troubled = map[int64]string{}
	}
	s.troubled[id] = code
	return nil
}

// applications plays onboarding.
type applications struct {
	application onboarding.Application
	err         error
	apply       func(id int64) error

	mu        sync.Mutex
	released  int
	promoted  int
	expired   int
	forgotten int
	bounced   map[int64]string
}

func (a *applications) ReleaseDue(context.Context) (int, error) { return a.count(&a.released) }
func (a *applications) PromoteDue(context.Context) (int, error) { return a.count(&a.promoted) }
func (a *applications) ExpireDue(context.Context) (int, error)  { return a.count(&a.expired) }
func (a *applications) Forget(context.Context) (int, error)     { return a.count(&a.forgotten) }
func (a *applications) count(n *int) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	*n++
	return 0, nil
}
func (a *applications) ApplyBatch(_ context.Context, id int64) error { return a.apply(id) }
func (a *applications) Application(context.Context, int64) (onboarding.Application, error) {
	return a.application, a.err
}
func (a *applications) MailBounced(_ context.Context, id int64, code string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.bounced == nil {
		a.bounced = map[int64]string{}
	}
	a.bounced[id] = code
	return nil
}

// people plays identity: its tokens are token-1, token-2 and so on.
type people struct {
	person identity.Person

	mu     sync.Mutex
	minted []identity.Purpose
	pruned int
}

func (p *people) MintLink(_ context.Context, purpose identity.Purpose, _ int64, _, _ string) (string, time.Time, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.minted = append(p.minted, purpose)
	return "token-" + string(rune('0'+len(p.minted))), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), nil
}
func (p *people) Person(context.Context, int64) (identity.Person, error) {
	if p.person.ID == 0 {
		return identity.Person{}, problem.New(problem.NotFound, "problem.not_found")
	}
	return p.person, nil
}
func (p *people) Prune(context.Context) (int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pruned++
	return 0, nil
}

// composer remembers what it was given instead of writing it.
type composer struct {
	name string
	data any
}

func (c *composer) Compose(name, _ string, data any) (mail.Composed, error) {
	c.name, c.data = name, data
	return mail.Composed{Subject: name, Text: "text", HTML: "<p>html</p>"}, nil
}

// server plays the mail server: it answers with the errors of its list, one a mail, then takes everything.
type server struct {
	answers []error
	before  func() // the answer

	mu   sync.Mutex
	sent []mail.Message
}

func (s *server) Send(ctx context.Context, m mail.Message) error {
	if s.before != nil {
		s.before()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return &mail.SendError{Stage: "connect", Temporary: true}
	}
	if len(s.answers) > 0 {
		err := s.answers[0]
		s.answers = s.answers[1:]
		if err != nil {
			return err
		}
	}
	s.sent = append(s.sent, m)
	return nil
}

// links are short.
type links struct{}

func (links) Confirm(token string) string  { return "/confirm/" + token }
func (links) SignIn(token string) string   { return "/sign-in/" + token }
func (links) Activate(token string) string { return "/activate/" + token }
func (links) Password(token string) string { return "/password/" + token }
func (links) Status(id string) string      { return "/status/" + id }
func (links) Space(id string) string       { return "/space/" + id }

// counts tells how often, by "kind result" and "mail result".
type counts struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *counts) Job(kind, result string) { c.add(kind + " " + result) }
func (c *counts) Mail(result string)      { c.add("mail " + result) }
func (c *counts) Incoming(outcome string) { c.add("incoming " + outcome) }
func (c *counts) InboxRead(time.Time)     { c.add("inbox read") }
func (c *counts) add(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[key]++
}

// jobs returns the states and attempts of all jobs of a kind.
func (b *bundle) jobs(t *testing.T, kind string) (states []string, attempts []int) {
	t.Helper()
	rows, err := b.pool.Query(t.Context(), "SELECT state::text, attempt FROM river_job WHERE kind = $1 ORDER BY id", kind)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var state string
		var attempt int
		if err := rows.Scan(&state, &attempt); err != nil {
			t.Fatal(err)
		}
		states, attempts = append(states, state), append(attempts, attempt)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return states, attempts
}
