package onboarding_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
)

func (b *bundle) lead(t *testing.T, a onboarding.Application) identity.Person {
	t.Helper()
	return must[identity.Person](t)(b.id.PersonByEmail(t.Context(), a.LeadEmail))
}

func TestWithdrawGivesThePlaceToTheOldest(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	holder := b.confirmed(t, 1)
	b.clock.Turn(time.Minute)
	oldest := b.confirmed(t, 2)
	b.clock.Turn(time.Minute)
	later := b.confirmed(t, 3)
	for range 2 { // a double click
		if err := b.Withdraw(t.Context(), holder.PublicID, b.lead(t, holder)); err != nil {
			t.Fatal(err)
		}
	}
	b.wantState(t, holder, onboarding.Withdrawn)
	b.wantState(t, oldest, onboarding.Submitted)
	b.wantState(t, later, onboarding.Waitlisted)
	if got := b.actions(t, "application", oldest.ID); got != "application.sent, application.confirmed, application.promoted" {
		t.Errorf("the trail is %q", got)
	}
	if got := b.mails(t, oldest); got != "confirm-address lea2@example.org, application-waitlisted lea2@example.org, application-received lea2@example.org" {
		t.Errorf("mailed %q", got)
	}
	if err := b.Withdraw(t.Context(), later.PublicID, b.lead(t, later)); err != nil {
		t.Fatal(err)
	}
	b.wantState(t, later, onboarding.Withdrawn)
	// The name is free again.
	free, _, err := b.SlugFree(t.Context(), holder.Slug)
	if err != nil || !free {
		t.Errorf("the slug of what was withdrawn is free: %v (%v)", free, err)
	}
}

func TestWithdrawIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	mine, other, rejected := b.confirmed(t, 1), b.confirmed(t, 2), b.confirmed(t, 3)
	unconfirmed := b.apply(t, form(4))
	must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, onboarding.Selection{
		Decision: onboarding.Reject, IDs: ids(rejected), Reason: "No", Notify: true,
	}))
	b.release(t)
	cases := []struct {
		name string
		id   string
		by   identity.Person
		code problem.Code
		key  string
	}{
		{"somebody else's", other.PublicID, b.lead(t, mine), problem.NotFound, "problem.not_found"},
		{"by nobody", unconfirmed.PublicID, identity.Person{}, problem.NotFound, "problem.not_found"},
		{"unconfirmed", unconfirmed.PublicID, b.lead(t, mine), problem.NotFound, "problem.not_found"},
		{"none", "nothing", b.lead(t, mine), problem.NotFound, "problem.not_found"},
		{"decided", rejected.PublicID, b.lead(t, rejected), problem.Conflict, "problem.application_decided"},
	}
	for _, c := range cases {
		t.Log(c.name)
		wantProblem(t, b.Withdraw(t.Context(), c.id, c.by), c.code, c.key)
	}
	b.wantState(t, other, onboarding.Submitted)
}

func TestPromoteDueServesARaisedCapacity(t *testing.T) {
	t.Parallel()
	b := setup(t, 0)
	var waiting []onboarding.Application
	for i := range 3 {
		waiting = append(waiting, b.confirmed(t, i))
		b.clock.Turn(time.Minute)
	}
	if n, err := b.PromoteDue(t.Context()); err != nil || n != 0 {
		t.Fatalf("promoted in %d campaigns without a place (%v)", n, err)
	}
	b.exec(t, `UPDATE campaigns SET capacity = 2`)
	for _, want := range []int{1, 0} {
		if n, err := b.PromoteDue(t.Context()); err != nil || n != want {
			t.Errorf("promoted in %d campaigns (%v), want %d", n, err, want)
		}
	}
	b.wantState(t, waiting[0], onboarding.Submitted)
	b.wantState(t, waiting[1], onboarding.Submitted)
	b.wantState(t, waiting[2], onboarding.Waitlisted)
}

func TestANewcomerDoesNotOvertake(t *testing.T) {
	t.Parallel()
	b := setup(t, 0)
	first := b.confirmed(t, 1)
	b.exec(t, `UPDATE campaigns SET capacity = 1`)
	b.clock.Turn(time.Minute)
	newcomer := b.confirmed(t, 2)
	b.wantState(t, first, onboarding.Submitted)
	b.wantState(t, newcomer, onboarding.Waitlisted)
}

func TestWithdrawalsAndConfirmationsTogether(t *testing.T) {
	t.Parallel()
	const capacity = 4
	b := setup(t, capacity)
	var holders []onboarding.Application
	for i := range 8 { // four hold a place, four wait
		holders = append(holders, b.confirmed(t, i))
	}
	var tokens []string
	for i := 8; i < 14; i++ {
		tokens = append(tokens, b.token(t, b.apply(t, form(i))))
	}
	leads := make([]identity.Person, len(holders))
	for i, a := range holders {
		leads[i] = b.lead(t, a)
	}
	errs := make([]error, len(holders)+len(tokens))
	var wg sync.WaitGroup
	for i, a := range holders {
		wg.Go(func() { errs[i] = b.Withdraw(context.Background(), a.PublicID, leads[i]) })
	}
	for i, token := range tokens {
		wg.Go(func() { _, errs[len(holders)+i] = b.Confirm(context.Background(), token, "") })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	st := must[onboarding.Standing](t)(b.Standing(t.Context()))
	if st.Taken != capacity || st.Waiting != len(tokens)-capacity {
		t.Errorf("%d places taken and %d waiting, want %d and %d", st.Taken, st.Waiting, capacity, len(tokens)-capacity)
	}
}

func TestReopen(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	a := b.confirmed(t, 1)
	waiting := b.confirmed(t, 2)
	wantProblem(t, b.Reopen(t.Context(), a.PublicID, "", b.admin), problem.Conflict, "problem.application_moved")
	must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, onboarding.Selection{
		Decision: onboarding.Reject, IDs: ids(a), Reason: "No", Notify: true,
	}))
	b.release(t)
	b.wantState(t, waiting, onboarding.Submitted)
	wantProblem(t, b.Reopen(t.Context(), a.PublicID, "", b.reviewer), problem.Forbidden, "problem.role_missing")
	wantProblem(t, b.Reopen(t.Context(), "nothing", "", b.admin), problem.NotFound, "problem.not_found")
	// Somebody took the name meanwhile.
	must[onboarding.Application](t)(b.Confirm(t.Context(), b.token(t, b.apply(t, form(3))), a.Slug))
	p := problemOf(t, b.Reopen(t.Context(), a.PublicID, "", b.admin), problem.Conflict, "problem.slug_taken")
	b.wantState(t, a, onboarding.Rejected)
	if err := b.Reopen(t.Context(), a.PublicID, "admin", b.admin); !problem.Is(err, problem.Invalid) {
		t.Errorf("a reserved slug got %v", err)
	}
	proposal, _ := p.Args["proposal"].(string)
	if err := b.Reopen(t.Context(), a.PublicID, proposal, b.admin); err != nil {
		t.Fatal(err)
	}
	st := must[onboarding.Status](t)(b.Status(t.Context(), a.PublicID))
	if got := st.Application; got.State != onboarding.Submitted || got.Slug != proposal || got.BatchID != 0 || got.RejectReason != "" || !got.DecidedAt.IsZero() {
		t.Errorf("reopened: %+v", got)
	}
	wantProblem(t, b.Reopen(t.Context(), a.PublicID, "", b.admin), problem.Conflict, "problem.application_moved")
	// It can be decided like any other.
	must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, onboarding.Selection{Decision: onboarding.Approve, IDs: ids(a)}))
	b.release(t)
	b.wantState(t, a, onboarding.Approved)
}

func TestUpdateCampaign(t *testing.T) {
	t.Parallel()
	b := setup(t, 0)
	first, second := b.confirmed(t, 1), b.confirmed(t, 2)
	c := b.campaign
	c.Name, c.Capacity, c.Plan = " Spring, longer ", 1, onboarding.Plan{}
	got := must[onboarding.Campaign](t)(b.UpdateCampaign(t.Context(), c, b.admin))
	if got.Name != "Spring, longer" || got.Plan.ID != b.campaign.Plan.ID {
		t.Errorf("changed: %+v", got)
	}
	b.wantState(t, first, onboarding.Submitted)
	b.wantState(t, second, onboarding.Waitlisted)
	c.Capacity = 0
	must[onboarding.Campaign](t)(b.UpdateCampaign(t.Context(), c, b.admin))
	b.wantState(t, first, onboarding.Submitted) // nobody loses a place
	cs := must[[]onboarding.Campaign](t)(b.Campaigns(t.Context()))
	if len(cs) != 1 || cs[0].Name != "Spring, longer" || cs[0].Capacity != 0 {
		t.Errorf("campaigns: %+v", cs)
	}
	refused := []struct {
		name string
		edit func(*onboarding.Campaign)
		by   identity.Person
		code problem.Code
	}{
		{"by a reviewer", func(*onboarding.Campaign) {}, b.reviewer, problem.Forbidden},
		{"one that is not there", func(c *onboarding.Campaign) { c.ID = 999 }, b.admin, problem.NotFound},
		{"without a name", func(c *onboarding.Campaign) { c.Name = " " }, b.admin, problem.Invalid},
		{"closing as it opens", func(c *onboarding.Campaign) { c.ClosesAt = c.OpensAt }, b.admin, problem.Invalid},
		{"fewer than no places", func(c *onboarding.Campaign) { c.Capacity = -1 }, b.admin, problem.Invalid},
		{"more places than a column holds", func(c *onboarding.Campaign) { c.Capacity = 1 << 40 }, b.admin, problem.Invalid},
	}
	for _, r := range refused {
		c := b.campaign
		r.edit(&c)
		if _, err := b.UpdateCampaign(t.Context(), c, r.by); !problem.Is(err, r.code) {
			t.Errorf("%s: got %v, want %s", r.name, err, r.code)
		}
	}
}
