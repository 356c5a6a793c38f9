package onboarding_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
)

func TestConfirm(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	a := b.apply(t, form(1))
	token := b.token(t, a)
	b.exec(t, `UPDATE applications SET mail_trouble = '450' WHERE id = $1`, a.ID)
	first := must[onboarding.Application](t)(b.Confirm(t.Context(), token, ""))
	if first.State != onboarding.Submitted || first.PersonID == 0 || first.ConfirmedAt.IsZero() {
		t.Errorf("confirmed: %+v", first)
	}
	// The second of two clicks, and another link of the same application, find what the first has done.
	for _, again := range []string{token, b.token(t, a)} {
		if got := must[onboarding.Application](t)(b.Confirm(t.Context(), again, "")); got.PublicID != a.PublicID || got.State != onboarding.Submitted {
			t.Errorf("again: %+v", got)
		}
	}
	if got := b.mails(t, a); got != "confirm-address lea1@example.org, application-received lea1@example.org" {
		t.Errorf("mailed %q", got)
	}
	if got := b.actions(t, "application", a.ID); got != "application.sent, application.confirmed" {
		t.Errorf("the trail is %q", got)
	}
	p := must[identity.Person](t)(b.id.PersonByEmail(t.Context(), "LEA1@example.org"))
	if p.ID != first.PersonID || p.Name != "Léa Martin" {
		t.Errorf("the lead is %+v", p)
	}
	if st := must[onboarding.Status](t)(b.Status(t.Context(), a.PublicID)); st.Application.MailTrouble != "" || st.Position != 0 {
		t.Errorf("status %+v", st)
	}
}

func TestConfirmWaitsWhenTheCampaignIsFull(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.confirmed(t, 1)
	for n, position := range map[int]int{2: 1} {
		a := b.confirmed(t, n)
		if a.State != onboarding.Waitlisted {
			t.Errorf("confirmed: %+v", a)
		}
		if got := b.mails(t, a); got != fmt.Sprintf("confirm-address %[1]s, application-waitlisted %[1]s", a.LeadEmail) {
			t.Errorf("mailed %q", got)
		}
		if st := must[onboarding.Status](t)(b.Status(t.Context(), a.PublicID)); st.Position != position {
			t.Errorf("position %d, want %d", st.Position, position)
		}
	}
	last := b.confirmed(t, 3)
	if st := must[onboarding.Status](t)(b.Status(t.Context(), last.PublicID)); st.Position != 2 {
		t.Errorf("position %d, want 2", st.Position)
	}
}

func TestConfirmRefusesATakenSlugAndKeepsTheLink(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	f, g := form(1), form(2)
	g.Slug = f.Slug
	first, second := b.apply(t, f), b.apply(t, g)
	must[onboarding.Application](t)(b.Confirm(t.Context(), b.token(t, first), ""))
	token := b.token(t, second)
	_, err := b.Confirm(t.Context(), token, "")
	p := problemOf(t, err, problem.Conflict, "problem.slug_taken")
	proposal, _ := p.Args["proposal"].(string)
	if proposal != "les-amis-1-asso" {
		t.Errorf("proposed %q", proposal)
	}
	b.wantState(t, second, onboarding.Unconfirmed)
	if n := value[int](t, b, `SELECT count(*) FROM people WHERE email = $1`, g.Email); n != 0 {
		t.Error("a person stands though nothing was confirmed")
	}
	for _, bad := range []string{"Not A Slug", "admin", "ab"} {
		if _, err := b.Confirm(t.Context(), token, bad); !problem.Is(err, problem.Invalid) {
			t.Errorf("the slug %q got %v", bad, err)
		}
	}
	got := must[onboarding.Application](t)(b.Confirm(t.Context(), token, proposal))
	if got.Slug != proposal || got.State != onboarding.Submitted {
		t.Errorf("confirmed: %+v", got)
	}
	if s := value[string](t, b, `SELECT slug FROM applications WHERE id = $1 AND search LIKE '%' || slug`, got.ID); s != proposal {
		t.Errorf("kept as %q", s)
	}
}

func TestConfirmRefusesTheSlugOfASpaceThatWas(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	a := b.confirmed(t, 1)
	must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, onboarding.Selection{Decision: onboarding.Approve, IDs: ids(a)}))
	b.release(t)
	// Even if the application gave its slug back, the space's name is its own for ever.
	b.exec(t, `UPDATE spaces SET state = 'closed'`)
	b.exec(t, `UPDATE applications SET state = 'withdrawn' WHERE id = $1`, a.ID)
	other := b.apply(t, form(2))
	_, err := b.Confirm(t.Context(), b.token(t, other), "les-amis-1")
	wantProblem(t, err, problem.Conflict, "problem.slug_taken")
}

func TestConfirmRefusesLinks(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	a := b.apply(t, form(1))
	_, err := b.Confirm(t.Context(), "nothing", "")
	wantProblem(t, err, problem.NotFound, "problem.link_unknown")
	other, _, err := b.id.MintLink(t.Context(), identity.PurposeSignIn, a.ID, a.LeadEmail, "fr")
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Confirm(t.Context(), other, "")
	wantProblem(t, err, problem.NotFound, "problem.link_unknown")
	gone, _, err := b.id.MintLink(t.Context(), identity.PurposeConfirm, 999, a.LeadEmail, "fr")
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Confirm(t.Context(), gone, "")
	wantProblem(t, err, problem.NotFound, "problem.not_found")
	b.wantState(t, a, onboarding.Unconfirmed)
}

func TestOneOfManyConfirmsGetsTheSlug(t *testing.T) {
	t.Parallel()
	b := setup(t, 100)
	const rivals = 8
	tokens := make([]string, rivals)
	for i := range rivals {
		f := form(i)
		f.Slug = "les-amis"
		tokens[i] = b.token(t, b.apply(t, f))
	}
	errs := make([]error, rivals)
	var wg sync.WaitGroup
	for i, token := range tokens {
		wg.Go(func() { _, errs[i] = b.Confirm(context.Background(), token, "") })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		wantProblem(t, err, problem.Conflict, "problem.slug_taken")
	}
	if held := value[int](t, b, `SELECT count(*) FROM applications WHERE slug = 'les-amis' AND state = 'submitted'`); won != 1 || held != 1 {
		t.Errorf("%d were told that they have the slug, %d have it", won, held)
	}
}

func TestDoubleClicksConfirmOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, 100)
	a := b.apply(t, form(1))
	token := b.token(t, a)
	const clicks = 8
	errs := make([]error, clicks)
	var wg sync.WaitGroup
	for i := range clicks {
		wg.Go(func() { _, errs[i] = b.Confirm(context.Background(), token, "") })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if got := b.actions(t, "application", a.ID); got != "application.sent, application.confirmed" {
		t.Errorf("the trail is %q", got)
	}
}

func TestPlacesAreNeverGivenTwice(t *testing.T) {
	t.Parallel()
	const capacity, rivals = 3, 12
	b := setup(t, capacity)
	tokens := make([]string, rivals)
	for i := range rivals {
		tokens[i] = b.token(t, b.apply(t, form(i)))
	}
	errs := make([]error, rivals)
	var wg sync.WaitGroup
	for i, token := range tokens {
		wg.Go(func() { _, errs[i] = b.Confirm(context.Background(), token, "") })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	st := must[onboarding.Standing](t)(b.Standing(t.Context()))
	if st.Taken != capacity || st.Waiting != rivals-capacity {
		t.Errorf("%d places taken and %d waiting, want %d and %d", st.Taken, st.Waiting, capacity, rivals-capacity)
	}
}
