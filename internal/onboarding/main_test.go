package onboarding_test

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
	"nichoir/internal/onboarding"
	"nichoir/internal/postgres"
	"nichoir/internal/problem"
	"nichoir/internal/support"
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

func (c *clock) Turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var errAddress = errors.New("no address")

func parseAddress(s string) (string, error) {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "@") {
		return "", errAddress
	}
	return s, nil
}

type bundle struct {
	*onboarding.Service
	id       *identity.Service
	pool     *pgxpool.Pool
	clock    *clock
	campaign onboarding.Campaign
	admin    identity.Person
	reviewer identity.Person
}

// setup gives a test a database with an open campaign of so many places, an admin and a reviewer.
func setup(tb testing.TB, capacity int) *bundle {
	tb.Helper()
	pool := testdb.New(tb)
	db, err := postgres.New(pool, func(event, recipient string) string { return event + "/" + recipient })
	if err != nil {
		tb.Fatal(err)
	}
	b := &bundle{pool: pool, clock: &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}
	b.id = identity.New(identity.Options{
		Store: db.Identity(), Clock: b.clock.Now, Rand: rand.Reader, CounterKey: []byte("key of the tests"),
		ParseAddress: parseAddress, Issuer: "Nichoir",
	})
	b.Service = onboarding.New(onboarding.Options{
		Store: db.Onboarding(), Identity: b.id, Clock: b.clock.Now, Rand: rand.Reader,
		ParseAddress: parseAddress, FormsPerHour: -1, Regions: support.ValidRegion, Help: support.ValidKind,
	})
	ctx := context.Background()
	b.admin = must[identity.Person](tb)(b.id.AddStaff(ctx, "admin@example.org", "Alix", identity.Admin))
	b.reviewer = must[identity.Person](tb)(b.id.AddStaff(ctx, "reviewer@example.org", "Rim", identity.Reviewer))
	plan := must[onboarding.Plan](tb)(b.AddPlan(ctx, 0, onboarding.Plan{
		Name: "40 GB", Limits: provisioning.Plan{TotalBytes: 40 << 30, Accounts: 50, PersonalBytes: 100 << 20},
		Suites: []provisioning.Suite{provisioning.Collabora, provisioning.OnlyOffice},
	}))
	b.campaign = must[onboarding.Campaign](tb)(b.AddCampaign(ctx, 0, onboarding.Campaign{
		Name: "Spring", Plan: plan, OpensAt: b.clock.Now().Add(-24 * time.Hour), ClosesAt: b.clock.Now().Add(60 * 24 * time.Hour),
		Capacity: capacity,
	}))
	return b
}

// must returns a result, and fails the test with the error that came in its place.
func must[T any](tb testing.TB) func(T, error) T {
	tb.Helper()
	return func(v T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
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

func (b *bundle) exec(tb testing.TB, sql string, args ...any) {
	tb.Helper()
	if _, err := b.pool.Exec(context.Background(), sql, args...); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
}

// form is a good form for the association of the number.
func form(n int) onboarding.Form {
	return onboarding.Form{
		Key: fmt.Sprintf("form-key-%016d", n), Association: fmt.Sprintf("Les Amis %d", n),
		Object: "Planter des haies et les tailler ensemble", LeadName: "Léa Martin", Email: fmt.Sprintf("lea%d@example.org", n),
		Accounts: 12, Suite: provisioning.Collabora, Slug: fmt.Sprintf("les-amis-%d", n), Region: "bretagne", Help: []string{"training", "advice", "training"},
		Lang: "fr", Terms: true, Remote: "192.0.2.1",
	}
}

func (b *bundle) apply(tb testing.TB, f onboarding.Form) onboarding.Application {
	tb.Helper()
	return must[onboarding.Application](tb)(b.Apply(context.Background(), f))
}

// token mints the link that the application's mail would carry.
func (b *bundle) token(tb testing.TB, a onboarding.Application) string {
	tb.Helper()
	token, _, err := b.id.MintLink(context.Background(), identity.PurposeConfirm, a.ID, a.LeadEmail, a.Lang)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

func (b *bundle) confirmed(tb testing.TB, n int) onboarding.Application {
	tb.Helper()
	a := b.apply(tb, form(n))
	return must[onboarding.Application](tb)(b.Confirm(context.Background(), b.token(tb, a), ""))
}

// state reads the application's state from the database.
func (b *bundle) state(tb testing.TB, a onboarding.Application) onboarding.State {
	tb.Helper()
	return onboarding.State(value[string](tb, b, `SELECT state FROM applications WHERE id = $1`, a.ID))
}

func (b *bundle) wantState(tb testing.TB, a onboarding.Application, want onboarding.State) {
	tb.Helper()
	if got := b.state(tb, a); got != want {
		tb.Errorf("application %d is %s, want %s", a.ID, got, want)
	}
}

// mails returns the templates of the mails about an application, in order.
func (b *bundle) mails(tb testing.TB, a onboarding.Application) string {
	tb.Helper()
	return value[string](tb, b, `SELECT coalesce(string_agg(template || ' ' || recipient, ', ' ORDER BY id), '') FROM mails WHERE ref_id = $1`, a.ID)
}

func (b *bundle) actions(tb testing.TB, subject string, id int64) string {
	tb.Helper()
	return value[string](tb, b, `SELECT coalesce(string_agg(action, ', ' ORDER BY id), '') FROM audit WHERE subject = $1 AND subject_id = $2`, subject, id)
}

func (b *bundle) jobs(tb testing.TB, kind string) int {
	tb.Helper()
	return value[int](tb, b, `SELECT count(*) FROM river_job WHERE kind = $1`, kind)
}

func wantProblem(tb testing.TB, err error, code problem.Code, key string) {
	tb.Helper()
	_ = problemOf(tb, err, code, key)
}

// problemOf returns the refusal for a closer look.
func problemOf(tb testing.TB, err error, code problem.Code, key string) *problem.Error {
	tb.Helper()
	var p *problem.Error
	if !errors.As(err, &p) || p.Code != code || p.Key != key {
		tb.Fatalf("got %v, want %s (%s)", err, code, key)
	}
	return p
}

func ids(as ...onboarding.Application) []string {
	out := make([]string, 0, len(as))
	for _, a := range as {
		out = append(out, a.PublicID)
	}
	return out
}

// release lets the undo windows of all decided batches pass and does what the tick and the queue would: it carries the
// released batches out to their end.
func (b *bundle) release(tb testing.TB) {
	tb.Helper()
	ctx := context.Background()
	b.exec(tb, `UPDATE batches SET release_at = now() - interval '1 second' WHERE state = 'decided'`)
	if _, err := b.ReleaseDue(ctx); err != nil {
		tb.Fatal(err)
	}
	for {
		todo := value[[]int64](tb, b, `SELECT coalesce(array_agg(id), '{}') FROM batches WHERE state = 'released'`)
		if len(todo) == 0 {
			return
		}
		for _, id := range todo {
			if err := b.ApplyBatch(ctx, id); err != nil {
				tb.Fatal(err)
			}
		}
	}
}
