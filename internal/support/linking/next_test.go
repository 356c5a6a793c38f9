package linking_test

import (
	"context"
	"testing"

	"nichoir/internal/support/linking"
)

// Whom a space had enough of comes last among the proposals, and is not asked by itself when the next one declines.
func TestAFormerProviderIsNotAskedAgainByItself(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	b.spaces(t, 1)
	b.providers(t, 2, 5)
	b.tend(t)
	first := b.linked(t, 1)
	ok(t, b.End(ctx, 1, first.PublicID, "Nous ne nous comprenions pas.", b.lead(t, 1)))
	if got := b.wantStance(t, 1, linking.Choosing).Proposals; len(got) != 2 || got[0].Candidate.ID != 2 || got[1].Candidate.ID != 1 {
		t.Errorf("proposed are %+v", got)
	}
	l := b.choose(t, 1, 2)
	ok(t, b.Decline(ctx, l.PublicID, "Complet.", b.member(t, 2)))
	b.tend(t)
	if s := b.wantStance(t, 1, linking.Exhausted); s.Pending != nil {
		t.Errorf("provider %d is asked", s.Pending.ProviderID)
	}
	if l := b.choose(t, 1, 1); l.State != linking.Proposed {
		t.Errorf("chosen by hand it is %s", l.State)
	}
}
