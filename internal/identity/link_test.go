package identity_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/postgres"
	"nichoir/internal/problem"
)

func wantProblem(t *testing.T, err error, code problem.Code, key string) {
	t.Helper()
	var p *problem.Error
	if !errors.As(err, &p) || p.Code != code || p.Key != key {
		t.Fatalf("got %v, want %s (%s)", err, code, key)
	}
}

func TestOpenConsumesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.mint(t, identity.PurposeActivate, 7, "lea@example.org")
	for range 20 {
		l, err := b.Open(t.Context(), token, identity.PurposeActivate)
		if err != nil {
			t.Fatal(err)
		}
		if l.Ref != 7 || l.Recipient != "lea@example.org" || l.Purpose != identity.PurposeActivate || !l.SpentAt.IsZero() {
			t.Fatalf("opened %+v", l)
		}
	}
	if n := value[int](t, b, `SELECT count(*) FROM links WHERE token_hash = convert_to($1, 'UTF8')`, token); n != 0 {
		t.Error("a token is kept in the clear")
	}
}

func TestOpenTellsLinksApart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := b.mint(t, identity.PurposeConfirm, 1, "a@example.org")
	used := b.mint(t, identity.PurposeConfirm, 2, "a@example.org")
	b.spend(t, used)
	cases := []struct {
		name    string
		token   string
		purpose identity.Purpose
		turn    time.Duration
		code    problem.Code
		key     string
	}{
		{"none", "nothing", identity.PurposeConfirm, 0, problem.NotFound, "problem.link_unknown"},
		{"empty", "", identity.PurposeConfirm, 0, problem.NotFound, "problem.link_unknown"},
		{"of another purpose", good, identity.PurposeSignIn, 0, problem.NotFound, "problem.link_unknown"},
		{"used", used, identity.PurposeConfirm, 0, problem.Gone, "problem.link_used"},
		{"expired", good, identity.PurposeConfirm, identity.DefaultLifetime(identity.PurposeConfirm), problem.Gone, "problem.link_expired"},
	}
	for _, c := range cases { // one after the other: the last turns the clock
		b.clock.Turn(c.turn)
		_, err := b.Open(t.Context(), c.token, c.purpose)
		t.Log(c.name)
		wantProblem(t, err, c.code, c.key)
	}
}

// spend uses a confirmation link as a service does, in a transaction of its own.
func (b *bundle) spend(t *testing.T, token string) {
	t.Helper()
	if err := b.trySpend(t.Context(), t, token, nil); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) trySpend(ctx context.Context, t *testing.T, token string, then error) error {
	t.Helper()
	db, err := postgres.New(b.pool, func(event, _ string) string { return event })
	if err != nil {
		t.Fatal(err)
	}
	return db.Identity().InTx(ctx, func(tx identity.Tx) error {
		if _, err := b.Spend(ctx, tx, token, identity.PurposeConfirm); err != nil {
			return err
		}
		return then
	})
}

func TestSpendIsPartOfWhatItOpens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.mint(t, identity.PurposeConfirm, 1, "a@example.org")
	broken := errors.New("what it opens failed")
	if err := b.trySpend(t.Context(), t, token, broken); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	if _, err := b.Open(t.Context(), token, identity.PurposeConfirm); err != nil {
		t.Fatalf("the link is lost with the transaction: %v", err)
	}
	b.spend(t, token)
	wantProblem(t, b.trySpend(t.Context(), t, token, nil), problem.Gone, "problem.link_used")
}

func TestOneOfManySpends(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.mint(t, identity.PurposeConfirm, 1, "a@example.org")
	const clicks = 8
	results := make([]error, clicks)
	var wg sync.WaitGroup
	for i := range clicks {
		wg.Go(func() { results[i] = b.trySpend(t.Context(), t, token, nil) })
	}
	wg.Wait()
	spent := 0
	for _, err := range results {
		if err == nil {
			spent++
			continue
		}
		wantProblem(t, err, problem.Gone, "problem.link_used")
	}
	if spent != 1 {
		t.Errorf("%d of %d spent the link", spent, clicks)
	}
}

func TestRenew(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		purpose  identity.Purpose
		before   func(*testing.T, *bundle, string)
		template string
	}{
		{"good", identity.PurposeConfirm, func(*testing.T, *bundle, string) {}, "confirm-address"},
		{"used", identity.PurposeConfirm, func(t *testing.T, b *bundle, token string) {
			t.Helper()
			b.spend(t, token)
		}, "confirm-address"},
		{"expired", identity.PurposeSignIn, func(_ *testing.T, b *bundle, _ string) { b.clock.Turn(48 * time.Hour) }, "sign-in"},
		{"of an invitation", identity.PurposeActivate, func(*testing.T, *bundle, string) {}, "invitation"},
		{"of a password", identity.PurposePassword, func(*testing.T, *bundle, string) {}, "password-reset"},
		{"of a proposal", identity.PurposeProposal, func(*testing.T, *bundle, string) {}, "link-request"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			token := b.mint(t, c.purpose, 5, "lea@example.org")
			c.before(t, b, token)
			for range 2 { // a double click
				if err := b.Renew(t.Context(), token); err != nil {
					t.Fatal(err)
				}
			}
			got := value[string](t, b, `SELECT string_agg(template || ' ' || recipient || ' ' || lang || ' ' || ref_id, ';') FROM mails`)
			if want := c.template + " lea@example.org fr 5"; got != want {
				t.Errorf("mailed %q, want %q", got, want)
			}
		})
	}
}

func TestRenewSaysNothingOfUnknownTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if err := b.Renew(t.Context(), "nothing"); err != nil {
		t.Fatalf("got %v, want no error", err)
	}
	if n := value[int](t, b, `SELECT count(*) FROM mails`); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
	if n := value[int](t, b, `SELECT count(*) FROM rate_counters`); n != 0 {
		t.Errorf("%d counters are kept of tokens that are none", n)
	}
}

// TestRenewSendsNoSignIn asks for new links of purposes that refer to something else than a person: a sign-in link in their
// place would open the session of whoever has that number.
func TestRenewSendsNoSignIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, purpose := range []identity.Purpose{identity.PurposeTicket, identity.PurposeHeld, identity.PurposeAddress} {
		if err := b.Renew(t.Context(), b.mint(t, purpose, 5, "lea@example.org")); err != nil {
			t.Fatalf("%s: %v", purpose, err)
		}
	}
	if n := value[int](t, b, `SELECT count(*) FROM mails`); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
}

func TestRenewIsLimited(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.mint(t, identity.PurposePassword, 5, "lea@example.org")
	for range 3 {
		if err := b.Renew(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		b.clock.Turn(2 * time.Minute)
	}
	wantProblem(t, b.Renew(t.Context(), token), problem.TooMany, "problem.too_many")
	if n := value[int](t, b, `SELECT count(*) FROM mails`); n != 3 {
		t.Errorf("%d mails were sent, want 3", n)
	}
	// Other links to the same thing do not open the tap again.
	for range 2 {
		if err := b.Renew(t.Context(), b.mint(t, identity.PurposePassword, 5, "lea@example.org")); err != nil {
			t.Fatal(err)
		}
	}
	err := b.Renew(t.Context(), b.mint(t, identity.PurposePassword, 5, "lea@example.org"))
	wantProblem(t, err, problem.TooMany, "problem.too_many")
}
