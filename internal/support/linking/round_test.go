package linking_test

import (
	"context"
	"testing"
	"time"
)

// Whoever was asked to take over, and refuses after the present provider's link has ended, is not asked again at once: a round
// counts the refusals given in it, whenever they were asked for.
func TestRefusalCountsInTheRoundInWhichItIsGiven(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 1)
	b.providers(t, 2, 2)
	l := b.linked(t, 1)
	next := b.choose(t, 1, 2)
	b.clock.Turn(time.Hour)
	ok(t, b.End(ctx, 1, l.PublicID, "", b.lead(t, 1)))
	b.clock.Turn(time.Hour)
	ok(t, b.Decline(ctx, next.PublicID, "", b.member(t, 2)))
	b.wantStates(t, 1, "1 ended by lead, 2 declined")
}

// What refused a space before it found a provider is no refusal of a later change.
func TestAnAcceptanceEndsTheRound(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 1)
	b.providers(t, 5, 1)
	l := b.choose(t, 1, 1)
	for range 2 {
		ok(t, b.Decline(ctx, l.PublicID, "", b.member(t, l.ProviderID)))
		l = *b.search(t, 1).Pending
		b.clock.Turn(time.Hour)
	}
	ok(t, b.Accept(ctx, l.PublicID, b.member(t, l.ProviderID)))
	b.clock.Turn(30 * 24 * time.Hour)
	s := b.search(t, 1)
	if len(s.Proposals) != 3 || s.Refusals != 0 {
		t.Fatalf("%d proposals after %d refusals", len(s.Proposals), s.Refusals)
	}
	change := b.choose(t, 1, s.Proposals[0].Candidate.ID)
	ok(t, b.Decline(ctx, change.PublicID, "", b.member(t, change.ProviderID)))
	if b.search(t, 1).Pending == nil {
		t.Fatalf("after one refusal nobody else is asked: %s", b.states(t, 1))
	}
}
