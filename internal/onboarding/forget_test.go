package onboarding_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/internal/postgres"
	"nichoir/internal/problem"
)

// refuse takes applications through a batch that refuses them.
func (b *bundle) refuse(tb testing.TB, as ...onboarding.Application) {
	tb.Helper()
	must[onboarding.Batch](tb)(b.DecideBatch(context.Background(), b.admin, onboarding.Selection{
		IDs: ids(as...), Decision: onboarding.Reject, Reason: "Les Amis de Léa n'existent pas", Notify: true,
	}))
	b.release(tb)
}

// ended makes the end of an application lie so long ago.
func (b *bundle) ended(tb testing.TB, a onboarding.Application, ago time.Duration) {
	tb.Helper()
	b.exec(tb, `UPDATE applications SET decided_at = decided_at - $2::interval, updated_at = updated_at - $2::interval WHERE id = $1`, a.ID, ago)
}

func (b *bundle) forget(tb testing.TB, want int) {
	tb.Helper()
	if n := must[int](tb)(b.Forget(tb.Context())); n != want {
		tb.Errorf("forgot %d applications, want %d", n, want)
	}
}

// whole is every row about somebody, as text: what it does not hold stands nowhere.
func (b *bundle) whole(tb testing.TB) string {
	tb.Helper()
	return value[string](tb, b, `SELECT concat(
		(SELECT string_agg(a::text, ' ') FROM applications a), (SELECT string_agg(p::text, ' ') FROM people p),
		(SELECT string_agg(m::text, ' ') FROM mails m), (SELECT string_agg(l::text, ' ') FROM links l),
		(SELECT string_agg(u::text, ' ') FROM audit u), (SELECT string_agg(c::text, ' ') FROM batches c),
		(SELECT string_agg(s::text, ' ') FROM spaces s))`)
}

func TestForgetLeavesNothingThatTellsWhoAsked(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	a := b.confirmed(t, 1)
	lead := b.lead(t, a)
	if err := b.id.RequestSignIn(t.Context(), a.LeadEmail, "fr", "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.id.MintLink(t.Context(), identity.PurposeSignIn, lead.ID, a.LeadEmail, "fr"); err != nil {
		t.Fatal(err)
	}
	b.refuse(t, a)
	b.ended(t, a, 366*24*time.Hour)
	tells := []string{"lea1@", "Léa", "Les Amis", "les-amis", "les amis", "haies", "bretagne", "training"}
	before := b.whole(t)
	for _, word := range tells {
		if !strings.Contains(before, word) {
			t.Errorf("%q stands nowhere to begin with", word)
		}
	}
	b.forget(t, 1)
	after := b.whole(t)
	for _, word := range tells {
		if strings.Contains(after, word) {
			t.Errorf("%q is still there: %s", word, after)
		}
	}
	if n := value[int](t, b, `SELECT count(*) FROM people WHERE id = $1`, lead.ID); n != 0 {
		t.Error("the person is still there")
	}
	got := must[onboarding.Application](t)(b.Application(t.Context(), a.ID))
	if got.State != onboarding.Rejected || got.Accounts != a.Accounts || got.ForgottenAt.IsZero() || got.DecidedAt.IsZero() {
		t.Errorf("what was decided went as well: %+v", got)
	}
	if got := b.actions(t, "application", a.ID); got != "application.sent, application.confirmed, application.rejected, application.forgotten" {
		t.Errorf("the trail is %q", got)
	}
	wantProblem(t, b.Reopen(t.Context(), a.PublicID, "les-amis-1", b.admin), problem.Conflict, "problem.application_moved")
	b.forget(t, 0)
}

func TestForgetLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	young, live, approved := b.confirmed(t, 1), b.confirmed(t, 2), b.confirmed(t, 3)
	withdrawn, staff := b.confirmed(t, 4), b.confirmed(t, 5)
	again := form(6)
	again.Email = "lea4@example.org" // the same person, who waits for a decision
	other := b.apply(t, again)
	must[onboarding.Application](t)(b.Confirm(t.Context(), b.token(t, other), ""))
	must[identity.Person](t)(b.id.AddStaff(t.Context(), staff.LeadEmail, "Léa", identity.Reviewer))
	if err := b.Withdraw(t.Context(), withdrawn.PublicID, b.lead(t, withdrawn)); err != nil {
		t.Fatal(err)
	}
	must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, onboarding.Selection{IDs: ids(approved), Decision: onboarding.Approve}))
	b.release(t)
	b.refuse(t, young, staff)
	for _, a := range []onboarding.Application{live, approved, withdrawn, staff, other} {
		b.ended(t, a, 366*24*time.Hour)
	}
	b.ended(t, young, 364*24*time.Hour)
	b.forget(t, 2)
	for _, a := range []onboarding.Application{young, live, approved, other} {
		if got := must[onboarding.Application](t)(b.Application(t.Context(), a.ID)); !got.ForgottenAt.IsZero() || got.LeadEmail != a.LeadEmail {
			t.Errorf("application %d is forgotten: %+v", a.ID, got)
		}
	}
	for _, a := range []onboarding.Application{withdrawn, staff} {
		if got := must[onboarding.Application](t)(b.Application(t.Context(), a.ID)); got.ForgottenAt.IsZero() || got.LeadEmail != "" {
			t.Errorf("application %d is not forgotten: %+v", a.ID, got)
		}
		if n := value[int](t, b, `SELECT count(*) FROM people WHERE email = $1`, a.LeadEmail); n != 1 {
			t.Errorf("whoever asked for %d is still somebody else, and gone", a.ID)
		}
	}
	if n := value[int](t, b, `SELECT count(*) FROM batches WHERE reason <> ''`); n != 1 {
		t.Error("the reason is gone that one who is not forgotten was told")
	}
}

// The application behind a space goes when the space is forgotten, however young it is, and not before.
func TestForgetFollowsTheSpace(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	a := b.confirmed(t, 1)
	must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, onboarding.Selection{IDs: ids(a), Decision: onboarding.Approve}))
	b.release(t)
	b.exec(t, `UPDATE spaces SET state = 'closed', closed_at = now() - interval '1 year'`)
	b.forget(t, 0)
	b.exec(t, `UPDATE spaces SET forgotten_at = now(), person_id = NULL, name = ''`)
	b.forget(t, 1)
	got := must[onboarding.Application](t)(b.Application(t.Context(), a.ID))
	if got.State != onboarding.Approved || got.Slug != a.Slug || got.LeadEmail != "" || got.LeadName != "" {
		t.Errorf("left is %+v", got)
	}
	if n := value[int](t, b, `SELECT count(*) FROM people WHERE email = $1`, a.LeadEmail); n != 0 {
		t.Error("the person is still there")
	}
}

func TestAReturnIsRecognised(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	first, stranger := b.confirmed(t, 1), b.confirmed(t, 2)
	b.refuse(t, first, stranger)
	b.ended(t, first, 366*24*time.Hour)
	b.ended(t, stranger, 366*24*time.Hour)
	b.forget(t, 2)
	again := form(3)
	again.Email = "Lea1@Example.org"
	second := b.apply(t, again)
	must[onboarding.Application](t)(b.Confirm(t.Context(), b.token(t, second), ""))
	again = form(4)
	again.Email = first.LeadEmail
	b.apply(t, again) // anybody can type an address: what is not confirmed is no return
	again.Key = form(5).Key
	third := b.apply(t, again)
	d := must[onboarding.Dossier](t)(b.Dossier(t.Context(), third.PublicID, b.reviewer))
	for i := range d.Earlier {
		if d.Earlier[i].At.IsZero() {
			t.Errorf("no date: %+v", d.Earlier[i])
		}
		d.Earlier[i].At = time.Time{}
	}
	want := []onboarding.Earlier{
		{PublicID: second.PublicID, State: onboarding.Submitted},
		{PublicID: first.PublicID, State: onboarding.Rejected, Forgotten: true},
	}
	if diff := cmp.Diff(want, d.Earlier); diff != "" {
		t.Errorf("earlier requests (-want +got):\n%s", diff)
	}
	d = must[onboarding.Dossier](t)(b.Dossier(t.Context(), first.PublicID, b.reviewer))
	if len(d.Earlier) != 0 {
		t.Errorf("an empty address is recognised: %+v", d.Earlier)
	}
}

// What nobody confirmed goes at once: no hash, since nobody proved that the address is theirs.
func TestWhatExpiresIsForgottenAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	a := b.apply(t, form(1))
	token := b.token(t, a)
	b.clock.Turn(30*24*time.Hour + time.Second)
	if n := must[int](t)(b.ExpireDue(t.Context())); n != 1 {
		t.Fatalf("%d expired", n)
	}
	after := b.whole(t)
	for _, word := range []string{"lea1@", "Léa", "Les Amis", "les-amis", "les amis", "haies"} {
		if strings.Contains(after, word) {
			t.Errorf("%q is still there: %s", word, after)
		}
	}
	if n := value[int](t, b, `SELECT count(*) FROM applications WHERE lead_hash IS NOT NULL`); n != 0 {
		t.Error("a hash is kept of an address that nobody confirmed")
	}
	if err := b.id.Renew(t.Context(), token); err != nil {
		t.Errorf("a new link is asked for: %v", err)
	}
	if got := b.mails(t, a); got != "" {
		t.Errorf("mails: %q", got)
	}
	b.forget(t, 0)
}

var errCut = errors.New("the power went")

// cut is a store whose power goes before a transaction of that number commits.
type cut struct {
	onboarding.Store
	left int
}

func (c *cut) InTx(ctx context.Context, fn func(onboarding.Tx) error) error {
	return c.Store.InTx(ctx, func(tx onboarding.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if c.left--; c.left == 0 {
			return errCut
		}
		return nil
	})
}

func TestForgetGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	b.exec(t, `INSERT INTO applications (public_id, form_key, campaign_id, state, association, object, lead_name, lead_email, expected_accounts,
			suite, slug, lang, terms_at, decided_at, confirmed_at)
		SELECT 'old' || n, 'old' || n, $1, 'rejected', 'A', 'o', 'L', 'l' || n || '@example.org', 3, 'collabora', 's', 'fr', now(),
			now() - interval '2 years', now() - interval '3 years' FROM generate_series(1, 1001) AS n`, b.campaign.ID)
	db, err := postgres.New(b.pool, func(event, recipient string) string { return event + "/" + recipient })
	if err != nil {
		t.Fatal(err)
	}
	dies := onboarding.New(onboarding.Options{Store: &cut{Store: db.Onboarding(), left: 2}, Identity: b.id, Clock: b.clock.Now,
		Rand: rand.Reader, ParseAddress: parseAddress})
	if n, err := dies.Forget(t.Context()); n != 500 || !errors.Is(err, errCut) {
		t.Fatalf("forgot %d before the crash (%v), want 500", n, err)
	}
	first := value[time.Time](t, b, `SELECT max(forgotten_at) FROM applications`)
	b.forget(t, 501)
	if n := value[int](t, b, `SELECT count(*) FROM applications WHERE forgotten_at = $1`, first); n != 500 {
		t.Errorf("%d are as the first page left them, want 500", n)
	}
	if n := value[int](t, b, `SELECT count(*) FROM audit WHERE action = 'application.forgotten'`); n != 1001 {
		t.Errorf("%d lines in the trail, want one for each of 1001", n)
	}
}

// What is kept, and for how long, is the operator's.
func TestForgetFollowsTheSettings(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	a := b.confirmed(t, 1)
	b.refuse(t, a)
	b.ended(t, a, 48*time.Hour)
	db, err := postgres.New(b.pool, func(event, recipient string) string { return event + "/" + recipient })
	if err != nil {
		t.Fatal(err)
	}
	strict := onboarding.New(onboarding.Options{Store: db.Onboarding(), Identity: b.id, Clock: b.clock.Now, Rand: rand.Reader,
		ParseAddress: parseAddress, KeepRefused: 24 * time.Hour, KeepUnconfirmed: time.Hour, ReturnKey: []byte("another key")})
	b.forget(t, 0)
	if n := must[int](t)(strict.Forget(t.Context())); n != 1 {
		t.Errorf("forgot %d", n)
	}
	b.apply(t, form(2))
	b.clock.Turn(time.Hour + time.Second)
	if n := must[int](t)(strict.ExpireDue(t.Context())); n != 1 {
		t.Errorf("expired %d", n)
	}
	if unconfirmed, refused := strict.Keeps(); unconfirmed != time.Hour || refused != 24*time.Hour {
		t.Errorf("it says that it keeps them for %v and %v", unconfirmed, refused)
	}
	back := form(3)
	back.Email = a.LeadEmail
	known := b.apply(t, back)
	for name, c := range map[string]struct {
		by   *onboarding.Service
		want int
	}{"with its key": {strict, 1}, "with another": {b.Service, 0}} {
		if d := must[onboarding.Dossier](t)(c.by.Dossier(t.Context(), known.PublicID, b.reviewer)); len(d.Earlier) != c.want {
			t.Errorf("%s the hash recognises %d, want %d", name, len(d.Earlier), c.want)
		}
	}
}
