package directory_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

func TestYearlyConfirmation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	b.joins(t, p, "noe@boite.example", true, manager)
	ok(t, b.AddMember(t.Context(), p.PublicID, "mael@boite.example", "Maël Tessier", true, manager)) // has not joined
	ok(t, b.AddMember(t.Context(), p.PublicID, "maud@boite.example", "Maud Tessier", false, manager))
	b.clock.Turn(365*day - 1)
	if n := b.tend(t); n != 0 {
		t.Errorf("%d rows changed before the year was over", n)
	}
	b.clock.Turn(1)
	for _, want := range []int{1, 0} {
		if n := b.tend(t); n != want {
			t.Errorf("%d rows changed, want %d", n, want)
		}
	}
	b.clock.Turn(30*day - 1)
	if n := b.tend(t); n != 0 {
		t.Errorf("%d rows changed before the question had waited long enough", n)
	}
	b.clock.Turn(1)
	for _, want := range []int{1, 0} {
		if n := b.tend(t); n != want {
			t.Errorf("%d rows changed, want %d", n, want)
		}
	}
	if got := b.get(t, p); got.State != directory.Paused || got.PausedCause != directory.PauseProfile {
		t.Errorf("nobody confirmed: %+v", got)
	}
	mails := b.mails(t, p)
	for _, mail := range []string{"provider-yearly ines1@boite.example", "provider-yearly noe@boite.example", "provider-paused ines1@boite.example", "provider-paused noe@boite.example"} {
		if strings.Count(mails, mail) != 1 {
			t.Errorf("mailed %q, want %q once", mails, mail)
		}
	}
	if strings.Contains(mails, "yearly maud") || strings.Contains(mails, "paused maud") {
		t.Errorf("mailed %q, to one who cannot confirm", mails)
	}
	ok(t, b.ConfirmProfile(t.Context(), p.PublicID, latest(), manager))
	b.wantState(t, p, directory.Listed)
	if got := b.actions(t, p); !strings.HasSuffix(got, "profile_asked, profile_unconfirmed, paused, profile_confirmed, resumed") {
		t.Errorf("the trail is %q", got)
	}
	// A year later it is asked again, and the mail of then is another.
	b.clock.Turn(365 * day)
	b.tend(t)
	if n := strings.Count(b.mails(t, p), "provider-yearly ines1@boite.example"); n != 2 {
		t.Errorf("%d mails over two years", n)
	}
}

func TestAnAdminGivesTimeToConfirm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, _ := b.asked(t)
	b.clock.Turn(30 * day)
	b.tend(t)
	b.wantState(t, p, directory.Paused)
	ok(t, b.Resume(t.Context(), p.PublicID, b.admin))
	b.clock.Turn(29 * day)
	b.tend(t)
	b.wantState(t, p, directory.Listed)
	b.clock.Turn(day)
	b.tend(t)
	b.wantState(t, p, directory.Paused)
}

// A holiday that ends while the profile is unconfirmed does not bring the provider back.
func TestUnconfirmedWhileOnHoliday(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.asked(t)
	b.clock.Turn(25 * day)
	ok(t, b.Pause(t.Context(), p.PublicID, b.span(0, 5), directory.PauseHolidays, manager))
	b.clock.Turn(5 * day) // the holiday ends in the instant in which the grace does
	b.tend(t)
	if got := b.get(t, p); got.State != directory.Paused || got.PausedCause != directory.PauseProfile {
		t.Errorf("%+v", got)
	}
}

// Of two rests without an end the one is told that members do not end by going on.
func TestUnconfirmedWhileAwayForGood(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.asked(t)
	ok(t, b.Pause(t.Context(), p.PublicID, support.Span{}, directory.PauseOther, manager))
	b.clock.Turn(30 * day)
	b.tend(t)
	if got := b.get(t, p); got.State != directory.Paused || got.PausedCause != directory.PauseProfile {
		t.Errorf("%+v", got)
	}
}

func TestUnconfirmedApplicationsGo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, kept := b.apply(t, application(1)), b.confirmed(t, application(2))
	token := b.token(t, identity.PurposeProviderConfirm, p)
	b.clock.Turn(30*day - 1)
	if n := b.tend(t); n != 0 {
		t.Errorf("%d rows changed too early", n)
	}
	b.clock.Turn(1)
	if n := b.tend(t); n != 1 {
		t.Errorf("%d rows changed, want 1", n)
	}
	for what, sql := range map[string]string{
		"row": `SELECT count(*) FROM providers WHERE id = $1`, "projects": `SELECT count(*) FROM provider_projects WHERE provider_id = $1`,
		"mails": `SELECT count(*) FROM mails WHERE ref_id = $1`, "links": `SELECT count(*) FROM links WHERE ref_id = $1`,
	} {
		if n := value[int](t, b, sql, p.ID); n != 0 {
			t.Errorf("%d of its %s are left", n, what)
		}
	}
	_, err := b.Confirm(t.Context(), token)
	wantProblem(t, err, problem.NotFound, "problem.link_unknown")
	b.wantState(t, kept, directory.Applied)
	if got := b.actions(t, p); got != "applied, expired" {
		t.Errorf("the trail is %q", got)
	}
}

func TestRefusedOnesAreEmptied(t *testing.T) {
	t.Parallel()
	b := setup(t)
	alone := application(1)
	alone.Profile.Structure = "micro_enterprise"
	p := b.confirmed(t, alone)
	ok(t, b.Ask(t.Context(), p.PublicID, key("ask", 1), "Pouvez-vous préciser ?", b.admin))
	ok(t, b.Refuse(t.Context(), p.PublicID, "Votre offre n'accompagne pas.", true, b.admin))
	out, manager := b.listed(t, application(2))
	stays := application(3) // whose contact is also another provider's manager
	stays.Profile.Email = alone.Profile.Email
	b.listed(t, stays)
	ok(t, b.Refuse(t.Context(), out.PublicID, "Plus de réponse depuis longtemps.", true, b.admin))
	b.clock.Turn(365*day - 1)
	b.tend(t)
	if got := b.get(t, p); got.ContactName == "" {
		t.Fatal("emptied too early")
	}
	b.clock.Turn(1)
	b.tend(t)
	for _, r := range []directory.Provider{p, out} {
		got := b.get(t, r)
		if got.State != directory.Refused || got.ContactName+got.Profile.Email+got.Profile.Phone+got.RefuseReason+got.Profile.Presentation != "" || len(got.Projects) != 0 {
			t.Errorf("left: %+v", got)
		}
		if mails := b.mails(t, r); mails != "" {
			t.Errorf("mails left: %q", mails)
		}
		if n := value[int](t, b, `SELECT count(*) FROM provider_notes WHERE provider_id = $1`, r.ID); n != 0 {
			t.Errorf("%d notes left", n)
		}
	}
	if got := b.get(t, p); !strings.HasPrefix(got.Profile.Name, "#") || !strings.HasPrefix(got.Slug, "#") {
		t.Errorf("the name of somebody who works alone is kept: %q, %q", got.Profile.Name, got.Slug)
	}
	if got := b.get(t, out); got.Profile.Name != out.Profile.Name || got.Slug != out.Slug {
		t.Errorf("the name of one that was in the directory became %q, %q", got.Profile.Name, got.Slug)
	}
	if _, err := b.id.Person(t.Context(), manager.ID); !problem.Is(err, problem.NotFound) {
		t.Errorf("the person behind it is kept: %v", err)
	}
	if _, err := b.id.PersonByEmail(t.Context(), alone.Profile.Email); err != nil {
		t.Errorf("a member of another provider was forgotten: %v", err)
	}
	before := b.actions(t, p)
	b.tend(t)
	if after := b.actions(t, p); after != before || !strings.HasSuffix(after, "refused, forgotten") {
		t.Errorf("the trail is %q, and was %q", after, before)
	}
}

func TestTendAtTheSameTimeMailsOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, _ := b.listed(t, application(1))
	b.clock.Turn(365 * day)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := b.Tend(t.Context()); err != nil {
				t.Errorf("tend: %v", err)
			}
		})
	}
	wg.Wait()
	if n := strings.Count(b.mails(t, p), "provider-yearly"); n != 1 {
		t.Errorf("%d mails", n)
	}
	if n := strings.Count(b.actions(t, p), "profile_asked"); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// dying is a store whose transactions fail after so many of them, as in a crash between any two.
type dying struct {
	directory.Store
	mu   sync.Mutex
	left int
}

var errDied = errors.New("died")

func (d *dying) InTx(ctx context.Context, fn func(directory.Tx) error) error {
	d.mu.Lock()
	d.left--
	alive := d.left >= 0
	d.mu.Unlock()
	if !alive {
		return errDied
	}
	return d.Store.InTx(ctx, fn)
}

func TestTendGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var all []directory.Provider
	for n := range 3 {
		p, _ := b.listed(t, application(n))
		all = append(all, p)
	}
	old := b.apply(t, application(9))
	b.clock.Turn(365 * day)
	for transactions := range 6 {
		store := &dying{Store: b.store, left: transactions}
		_, err := b.with(store).Tend(t.Context())
		if transactions == 0 && !errors.Is(err, errDied) || transactions == 5 && err != nil {
			t.Errorf("with %d transactions: %v", transactions, err)
		}
	}
	for _, p := range all {
		if n := strings.Count(b.mails(t, p), "provider-yearly"); n != 1 {
			t.Errorf("provider %d was asked %d times", p.ID, n)
		}
	}
	if _, err := b.Provider(t.Context(), old.ID); !problem.Is(err, problem.NotFound) {
		t.Errorf("an application that nobody confirmed is left: %v", err)
	}
}
