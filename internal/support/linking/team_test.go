package linking_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/linking"
)

// alive are the links that the team's form names.
func (b *bundle) alive(tb testing.TB, space int64) []string {
	tb.Helper()
	return value[[]string](tb, b, `SELECT COALESCE(array_agg(public_id), '{}') FROM support_links
		WHERE space_id = $1 AND state IN ('proposed', 'accepted')`, space)
}

// TestTheTeamReplacesWhatItWasTold: a form that stood open while another provider was asked or found ends neither.
func TestTheTeamReplacesWhatItWasTold(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 1)
	b.providers(t, 3, 1)
	a := linking.Assignment{Provider: "provider-3", Reason: "Ils se connaissent", Instead: b.alive(t, 1)}
	refused := func() {
		t.Helper()
		_, err := b.Assign(ctx, 1, a, b.admin)
		wantProblem(t, err, problem.Conflict, "problem.assign_moved")
	}
	l := b.choose(t, 1, 1)
	refused()
	a.Instead = b.alive(t, 1)
	ok(t, b.Accept(ctx, l.PublicID, b.member(t, 1)))
	b.choose(t, 1, 2)
	refused()
	b.wantStates(t, 1, "1 accepted, 2 proposed")
	a.Instead = b.alive(t, 1)
	for range 2 {
		_, err := b.Assign(ctx, 1, a, b.admin)
		ok(t, err)
	}
	b.wantStates(t, 1, "1 ended by team, 2 declined by team, 3 accepted")
}

func TestAssign(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 4)
	b.providers(t, 3, 1)
	assign := func(space int64, provider string, over bool) (linking.Link, error) {
		return b.Assign(ctx, space, linking.Assignment{
			Provider: provider, Reason: "À la demande de la responsable", Summary: "On en était là.", Over: over, Instead: b.alive(t, space),
		}, b.admin)
	}
	b.linked(t, 1)
	b.choose(t, 2, 2)

	_, err := assign(3, "provider-1", false)
	wantProblem(t, err, problem.Conflict, "problem.provider_full")
	l, err := assign(3, "provider-1", true)
	ok(t, err)
	if l.State != linking.Accepted || l.Origin != linking.FromTeam || l.TeamReason == "" {
		t.Fatalf("the link is %+v", l)
	}
	again, err := assign(3, "provider-1", false)
	ok(t, err)
	if again.ID != l.ID {
		t.Error("assigned twice, it is two links")
	}
	b.wantMoves(t, 3, "") // what the team holds stays the team's
	b.wantMails(t, "lead3@example.org", linking.LetterAccepted)

	// A proposal to the same provider is accepted by it; one to another is taken back.
	l, err = assign(2, "provider-2", false)
	ok(t, err)
	if l.Origin != linking.FromDirectory || l.TeamReason == "" || l.Summary == "" {
		t.Fatalf("the link is %+v", l)
	}
	b.wantStates(t, 2, "2 accepted")
	b.choose(t, 4, 3)
	_, err = assign(4, "provider-2", true)
	ok(t, err)
	b.wantStates(t, 4, "3 declined by team, 2 accepted")
	b.wantMails(t, "member3-1@example.org", linking.LetterRequest, linking.LetterWithdrawn)

	// A link before it ends, and its open tickets move.
	_, err = assign(1, "provider-3", false)
	ok(t, err)
	b.wantStates(t, 1, "1 ended by team, 3 accepted")
	b.wantMoves(t, 1, "moved to 3: On en était là.")

	if past := b.search(t, 1).Past; len(past) != 1 || past[0].EndReason != "" || b.search(t, 1).Current.TeamReason != "" {
		t.Error("the lead reads what is for the team alone")
	}
	team, err := b.TeamSearch(ctx, 1, b.admin)
	ok(t, err)
	if team.Current.TeamReason != "À la demande de la responsable" {
		t.Errorf("the team reads %q", team.Current.TeamReason)
	}
	_, err = b.TeamSearch(ctx, 1, b.lead(t, 1))
	wantProblem(t, err, problem.Forbidden, "problem.role_missing")
	current := b.search(t, 1).Current.PublicID
	wantProblem(t, b.End(ctx, 1, current, " ", b.admin), problem.Invalid, "problem.invalid")
	ok(t, b.End(ctx, 1, current, "Le prestataire ferme", b.admin))
	b.wantStates(t, 1, "1 ended by team, 3 ended by team")
	b.wantMails(t, "lead1@example.org", linking.LetterAccepted, linking.LetterAccepted, linking.LetterEnded)

	b.exec(t, `UPDATE providers SET state = 'paused' WHERE id = 1`)
	_, err = assign(2, "provider-1", false)
	wantProblem(t, err, problem.Conflict, "problem.provider_paused")
	b.exec(t, `UPDATE spaces SET state = 'suspended' WHERE id = 2`)
	_, err = assign(2, "provider-1", true)
	wantProblem(t, err, problem.Conflict, "problem.space_not_ready")
	_, err = b.Assign(ctx, 2, linking.Assignment{Provider: "provider-1", Reason: "  ", Over: true}, b.admin)
	wantProblem(t, err, problem.Invalid, "problem.invalid")
	_, err = b.Assign(ctx, 2, linking.Assignment{Provider: "provider-1", Reason: "Parce que", Over: true}, b.lead(t, 2))
	wantProblem(t, err, problem.Forbidden, "problem.role_missing")
}

func TestTeamSeesLoads(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 4)
	b.providers(t, 3, 2)
	b.exec(t, `UPDATE providers SET state = 'paused' WHERE id = 3`)
	b.linked(t, 1)
	silent := b.clock.Now()
	b.choose(t, 2, 2)
	b.clock.Set(b.at(9, 18))
	b.tend(t) // provider 2 says nothing; provider 1 is asked
	ok(t, b.Decline(ctx, b.search(t, 2).Pending.PublicID, "", b.member(t, 1)))
	loads, err := b.Loads(ctx, b.admin)
	ok(t, err)
	want := []linking.Load{
		{ProviderID: 1, PublicID: "provider-1", Name: "Coop 1", Capacity: 2, Current: 1, Declined: 1},
		{ProviderID: 2, PublicID: "provider-2", Name: "Coop 2", Capacity: 2, Lapsed: 1, SilentSince: silent.UTC()},
		{ProviderID: 3, PublicID: "provider-3", Name: "Coop 3", Capacity: 2, Paused: true},
	}
	utc := cmp.Transformer("utc", func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) })
	if diff := cmp.Diff(want, loads, utc); diff != "" {
		t.Error(diff)
	}
	figures, err := b.Figures(ctx, b.admin)
	ok(t, err)
	if diff := cmp.Diff(linking.Figures{
		States:   map[linking.State]int{linking.Accepted: 1, linking.Declined: 1, linking.Lapsed: 1},
		Unlinked: 3, Places: 6, Taken: 1,
		Stances: map[linking.Stance]int{linking.Linked: 1, linking.Exhausted: 1, linking.Choosing: 2},
	}, figures); diff != "" {
		t.Error(diff)
	}
	all, err := b.All(ctx, b.admin, 0, 2)
	ok(t, err)
	rest, err := b.All(ctx, b.admin, all[1].ID, 2, linking.Accepted)
	ok(t, err)
	if len(all) != 2 || all[0].ID != 3 || len(rest) != 1 || rest[0].ID != 1 || rest[0].SpaceName != "Association 1" {
		t.Errorf("the pages are %+v and %+v", all, rest)
	}
	for _, by := range []identity.Person{{}, b.lead(t, 1)} {
		_, one := b.Loads(ctx, by)
		_, two := b.Figures(ctx, by)
		_, three := b.All(ctx, by, 0, 0)
		for _, err := range []error{one, two, three} {
			if !problem.Is(err, problem.Forbidden) && !problem.Is(err, problem.Unauthenticated) {
				t.Errorf("a stranger got %v", err)
			}
		}
	}
}

// TestWordsOfTheSearchReachTheProvider chooses with and without words of its own.
func TestWordsOfTheSearchReachTheProvider(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for want, own := range map[string]string{"Nous sommes douze.": "", "Le samedi ?": " Le samedi ? "} {
		b := setup(t)
		b.spaces(t, 1)
		b.providers(t, 1, 1)
		ok(t, b.Describe(ctx, 1, linking.Needs{Size: support.Small, Words: "Nous sommes douze."}, b.lead(t, 1)))
		l, err := b.Choose(ctx, 1, "provider-1", linking.FromMatch, own, "", b.lead(t, 1))
		ok(t, err)
		q, err := b.Request(ctx, l.PublicID, b.member(t, 1))
		ok(t, err)
		if q.Link.Words != want {
			t.Errorf("with the words %q the provider reads %q, want %q", own, q.Link.Words, want)
		}
	}
}

func TestDescribeRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 2)
	b.providers(t, 1, 1)
	good := linking.Needs{Region: "corse", Kinds: []support.Kind{support.KindTraining, support.KindHosting, support.KindTraining}, Size: support.Small, Words: "  Bonjour\r\n"}
	ok(t, b.Describe(ctx, 1, good, b.lead(t, 1)))
	want := linking.Needs{Region: "corse", Kinds: []support.Kind{support.KindTraining, support.KindHosting}, Mode: support.AnyMode, Size: support.Small, Lang: "fr", Words: "Bonjour"}
	if diff := cmp.Diff(want, b.wantStance(t, 1, linking.Choosing).Needs); diff != "" {
		t.Error(diff)
	}
	for field, n := range map[string]linking.Needs{
		linking.FieldRegion: {Region: "bordeaux", Size: support.Small},
		linking.FieldKinds:  {Kinds: []support.Kind{"magic"}, Size: support.Small},
		linking.FieldMode:   {Mode: "by letter", Size: support.Small},
		linking.FieldSize:   {},
		linking.FieldWords:  {Size: support.Small, Words: strings.Repeat("é", linking.WordsMax+1)},
	} {
		err := b.Describe(ctx, 1, n, b.lead(t, 1))
		wantProblem(t, err, problem.Invalid, "problem.invalid")
		if !strings.Contains(err.Error(), "["+field+":") {
			t.Errorf("%s is refused with %v", field, err)
		}
	}
	b.exec(t, `UPDATE spaces SET state = 'provisioning' WHERE id = 2`)
	wantProblem(t, b.Describe(ctx, 2, good, b.lead(t, 2)), problem.Conflict, "problem.space_not_ready")
	wantProblem(t, b.Describe(ctx, 9, good, b.lead(t, 2)), problem.NotFound, "problem.not_found")

	// While a provider is asked the needs reach it, and the search waits on.
	l := b.choose(t, 1, 1)
	good.Region, good.Kinds = "occitanie", nil
	ok(t, b.Describe(ctx, 1, good, b.lead(t, 1)))
	b.wantStance(t, 1, linking.Waiting)
	if got, err := b.LinkByID(ctx, l.ID); err != nil || got.Needs.Region != "occitanie" || len(got.Needs.Kinds) != 0 {
		t.Errorf("the proposal says %+v (%v)", got.Needs, err)
	}
	ok(t, b.Withdraw(ctx, 1, l.PublicID, "", b.lead(t, 1)))
	// Nobody gives what is wanted: the finished page, at once and without a mail.
	good.Kinds = []support.Kind{support.KindAwareness}
	ok(t, b.Describe(ctx, 1, good, b.lead(t, 1)))
	b.wantStance(t, 1, linking.Exhausted)
	b.wantMails(t, "lead1@example.org")
	// The directory is still there.
	b.choose(t, 1, 1)
	b.wantStance(t, 1, linking.Waiting)
}

// The team says why it takes a proposal back, and both sides read it. A form that stands open for one provider does nothing
// to the next.
func TestTheTeamTakesAProposalBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 2)
	b.providers(t, 2, 2)
	l := b.choose(t, 1, 1)
	wantProblem(t, b.Withdraw(ctx, 1, l.PublicID, " ", b.admin), problem.Invalid, "problem.invalid")
	wantProblem(t, b.Withdraw(ctx, 1, "x", "Ils ferment", b.admin), problem.NotFound, "problem.not_found")
	wantProblem(t, b.Withdraw(ctx, 2, l.PublicID, "", b.lead(t, 2)), problem.NotFound, "problem.not_found")
	for range 2 {
		ok(t, b.Withdraw(ctx, 1, l.PublicID, "Ils ferment", b.admin))
	}
	b.wantStates(t, 1, "1 declined by team")
	if past := b.wantStance(t, 1, linking.Choosing).Past; len(past) != 1 || past[0].EndReason != "Ils ferment" {
		t.Errorf("what is over is %+v", past)
	}
	b.wantMails(t, "lead1@example.org", linking.LetterWithdrawn)
	b.wantMails(t, "member1-1@example.org", linking.LetterRequest, linking.LetterWithdrawn)

	l = b.choose(t, 1, 1)
	b.clock.Turn(time.Hour)
	ok(t, b.Decline(ctx, l.PublicID, "", b.member(t, 1)))
	wantProblem(t, b.Withdraw(ctx, 1, l.PublicID, "", b.lead(t, 1)), problem.Conflict, "problem.link_declined")
	next := b.search(t, 1).Pending
	if next == nil || next.ProviderID != 2 {
		t.Fatalf("the next is not asked any more: %s", b.states(t, 1))
	}
	ok(t, b.Accept(ctx, next.PublicID, b.member(t, 2)))
	change := b.choose(t, 1, 1)
	ok(t, b.Accept(ctx, change.PublicID, b.member(t, 1)))
	wantProblem(t, b.End(ctx, 1, next.PublicID, "", b.lead(t, 1)), problem.Conflict, "problem.link_ended")
	b.wantStance(t, 1, linking.Linked)
}

// The team finds the spaces that nobody helps, whatever their search has come to.
func TestSpacesThatNobodyHelps(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 5)
	b.providers(t, 2, 2)
	b.linked(t, 1)
	b.choose(t, 2, 2)
	ok(t, b.NotYet(ctx, 3, b.lead(t, 3)))
	b.exec(t, `UPDATE spaces SET state = 'closing' WHERE id = 5`)
	for stance, want := range map[linking.Stance][]int64{
		"": {4, 3, 2}, linking.Waiting: {2}, linking.Later: {3}, linking.Choosing: {4}, linking.Exhausted: nil, linking.Linked: nil,
	} {
		spaces, err := b.Unlinked(ctx, b.admin, 0, 0, stance)
		ok(t, err)
		var got []int64
		for _, u := range spaces {
			got = append(got, u.SpaceID)
			if stance != "" && u.Stance != stance {
				t.Errorf("space %d is %s, want %s", u.SpaceID, u.Stance, stance)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: the spaces are %v, want %v", stance, got, want)
		}
	}
	if rest, err := b.Unlinked(ctx, b.admin, 4, 1, ""); err != nil || len(rest) != 1 || rest[0].SpaceID != 3 || rest[0].AskAt.IsZero() {
		t.Errorf("after the first there are %+v (%v)", rest, err)
	}
	_, err := b.Unlinked(ctx, b.lead(t, 1), 0, 0, "")
	wantProblem(t, err, problem.Forbidden, "problem.role_missing")
}
