package tickets_test

import (
	"context"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
)

// firstLink links the space to its first provider: what the team took care of stays the team's.
func (w *world) firstLink(tb testing.TB, provider int64) {
	tb.Helper()
	w.exec(tb, `INSERT INTO support_links (public_id, space_id, provider_id, state, origin, due_at)
		VALUES (gen_random_uuid()::text, $1, $2, 'accepted', 'match', now())`, w.space, provider)
}

// TestHandOverToFirstProvider gives a ticket of the team to the provider that the space found since.
func TestHandOverToFirstProvider(t *testing.T) {
	t.Parallel()
	w := setup(t)
	k := w.open(t)
	w.say(t, k, "l'équipe regarde", tickets.ThenWait, w.team)
	ok(t, w.Assign(ctx(), k.PublicID, w.team.ID, w.team))
	if v := w.see(t, k, w.team); v.MayHandBack || v.HandTo != "" {
		t.Errorf("without a provider it can be handed to %q", v.HandTo)
	}
	wantProblem(t, w.HandBack(ctx(), k.PublicID, "", w.team), problem.Conflict)

	w.firstLink(t, w.a)
	if v := w.see(t, k, w.team); !v.MayHandBack || v.HandTo != "Atelier" {
		t.Errorf("may hand back %v, to %q", v.MayHandBack, v.HandTo)
	}
	if v := w.see(t, k, w.lead); v.MayHandBack || v.HandTo != "" {
		t.Errorf("the association may hand it to %q", v.HandTo)
	}
	wantProblem(t, w.HandBack(ctx(), k.PublicID, "", w.anna), problem.NotFound) // it is not hers yet
	wantProblem(t, w.HandBack(ctx(), k.PublicID, "", w.lead), problem.Forbidden)
	w.clock.Turn(time.Hour)
	since := w.lastMail(t)
	ok(t, w.HandBack(ctx(), k.PublicID, "les pièces manquent", w.team))
	ok(t, w.HandBack(ctx(), k.PublicID, "les pièces manquent", w.team)) // a second click

	wantText(t, "mails", w.mails(t, since), "ticket-moved aldo, ticket-moved anna")
	wantText(t, "the newcomer sees", w.bodies(t, k, w.anna), "nichoir: moved | team: les pièces manquent")
	wantText(t, "the association sees", w.bodies(t, k, w.lead),
		"space: Bonjour, par où commencer ? | team: l'équipe regarde | nichoir: moved")
	wantText(t, "its tools", w.events(t, w.a), "ticket.moved=open")
	w.wantState(t, k, tickets.Open)
	v := w.see(t, k, w.anna)
	if v.Ticket.ProviderID != w.a || v.Ticket.WithTeam() || v.Ticket.AssigneeID != 0 || v.Ticket.Solution.Due.IsZero() {
		t.Errorf("the ticket is not plainly the provider's: %+v", v.Ticket)
	}
	if v.Context == nil {
		t.Error("the consent that no other provider had is gone")
	}
	if v := w.see(t, k, w.team); v.MayHandBack || !v.MayEscalate {
		t.Errorf("the team may hand back %v, escalate %v", v.MayHandBack, v.MayEscalate)
	}
	wantText(t, "trail", w.actions(t, k), "ticket.opened, ticket.state, ticket.assigned, ticket.moved, ticket.state")
}

// TestNothingGoesBackToWhoWasTakenOut: until its links end nobody of such a provider would see the ticket.
func TestNothingGoesBackToWhoWasTakenOut(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	k := w.open(t)
	ok(t, w.Escalate(ctx(), k.PublicID, "", w.anna))
	w.exec(t, `UPDATE providers SET state = 'refused' WHERE id = $1`, w.a)
	if v := w.see(t, k, w.team); v.MayHandBack || v.HandTo != "" {
		t.Errorf("it can be handed back to %q", v.HandTo)
	}
	wantProblem(t, w.HandBack(ctx(), k.PublicID, "", w.team), problem.Conflict)
	w.exec(t, `UPDATE providers SET state = 'paused' WHERE id = $1`, w.a)
	w.exec(t, `UPDATE spaces SET state = 'suspended' WHERE id = $1`, w.space)
	if v := w.see(t, k, w.team); v.HandTo != "Atelier" {
		t.Errorf("while it rests and the space stands still, it can be handed back to %q", v.HandTo)
	}
	ok(t, w.HandBack(ctx(), k.PublicID, "", w.team))
}

// TestAnEscalationEndsWithItsProvider: the newcomer is told that the ticket is its own, and it is.
func TestAnEscalationEndsWithItsProvider(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	k := w.open(t)
	ok(t, w.Escalate(ctx(), k.PublicID, "", w.anna))
	since := w.lastMail(t)
	w.link(t, w.b, "On a parlé de formation.")
	wantText(t, "mails", w.mails(t, since), "ticket-moved bea")
	if got := w.see(t, k, w.team).Ticket; got.WithTeam() || got.ProviderID != w.b {
		t.Errorf("the ticket is %+v, want the newcomer to hold it", got)
	}
	if v := w.see(t, k, w.bea); !v.MayEscalate {
		t.Error("the newcomer may not escalate")
	}
}

// TestNotesOfTwoWindowsAreNotLost: a second click is one, other words are refused rather than dropped.
func TestNotesOfTwoWindowsAreNotLost(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	k := w.open(t)
	for _, step := range []struct {
		name string
		do   func(context.Context, string, string, identity.Person) error
		by   identity.Person
	}{{"escalate", w.Escalate, w.anna}, {"hand back", w.HandBack, w.team}} {
		ok(t, step.do(ctx(), k.PublicID, "d'abord ceci", step.by))
		ok(t, step.do(ctx(), k.PublicID, "d'abord ceci", step.by))
		ok(t, step.do(ctx(), k.PublicID, "", step.by))
		wantProblem(t, step.do(ctx(), k.PublicID, "et encore cela", step.by), problem.Conflict)
	}
	wantText(t, "messages", w.bodies(t, k, w.team), "space: Bonjour, par où commencer ? | provider: d'abord ceci | nichoir: escalated"+
		" | team: d'abord ceci | nichoir: back")
}

// TestNothingToHandOver walks what stays with the team.
func TestNothingToHandOver(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*testing.T, *world, tickets.Ticket){
		"solved": func(t *testing.T, w *world, k tickets.Ticket) {
			t.Helper()
			ok(t, w.Solve(ctx(), k.PublicID, w.team))
		},
		"the space is suspended": func(t *testing.T, w *world, _ tickets.Ticket) {
			t.Helper()
			w.exec(t, `UPDATE spaces SET state = 'suspended' WHERE id = $1`, w.space)
		},
		"the link ended": func(t *testing.T, w *world, _ tickets.Ticket) {
			t.Helper()
			w.exec(t, `UPDATE support_links SET state = 'ended' WHERE space_id = $1`, w.space)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			k := w.open(t)
			w.firstLink(t, w.a)
			prepare(t, w, k)
			if v := w.see(t, k, w.team); v.MayHandBack || v.HandTo != "" {
				t.Errorf("it can be handed to %q", v.HandTo)
			}
			wantProblem(t, w.HandBack(ctx(), k.PublicID, "", w.team), problem.Conflict)
			wantNothing(t, w, k, 0, w.anna)
		})
	}
}
