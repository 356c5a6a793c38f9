package linking_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/support"
	"nichoir/internal/support/linking"
)

func TestSearchesBegin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.spaces(t, 3)
	b.providers(t, 1, 5)
	b.exec(t, `UPDATE spaces SET state = 'queued' WHERE id = 2`)
	b.exec(t, `UPDATE applications SET expected_accounts = 30, help = '{change}' WHERE id = 3`) // nobody gives that
	if n := b.tend(t); n != 2 {
		t.Fatalf("%d rows changed, want 2", n)
	}
	s := b.wantStance(t, 1, linking.Choosing)
	want := linking.Needs{Region: "bretagne", Kinds: []support.Kind{support.KindTraining}, Mode: support.AnyMode, Size: support.Small, Lang: "fr"}
	if diff := cmp.Diff(want, s.Needs); diff != "" {
		t.Error(diff)
	}
	b.wantStance(t, 2, linking.NotReady)
	if s := b.wantStance(t, 3, linking.Exhausted); s.Needs.Size != support.Medium {
		t.Errorf("30 people are %s", s.Needs.Size)
	}
	b.wantMails(t, "lead1@example.org", linking.LetterProposals)
	b.wantMails(t, "lead2@example.org")
	b.wantMails(t, "lead3@example.org", linking.LetterExhausted)
	b.exec(t, `UPDATE spaces SET state = 'active'`)
	if n := b.tend(t); n != 1 {
		t.Fatalf("%d rows changed, want 1", n)
	}
	b.wantMails(t, "lead1@example.org", linking.LetterProposals)
	b.wantMails(t, "lead2@example.org", linking.LetterProposals)
}

func TestARoundOfLapses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.spaces(t, 1)
	b.providers(t, 5, 2)
	l := b.choose(t, 1, 3)
	providers := []int64{3}
	due := b.at(9, 18)
	for range linking.MaxRefusals {
		if !l.DueAt.Equal(due) {
			t.Fatalf("due at %v, want %v", l.DueAt, due)
		}
		b.clock.Set(due.Add(-time.Second))
		b.tend(t)
		if s := b.wantStance(t, 1, linking.Waiting); s.Pending.ID != l.ID {
			t.Fatal("it lapsed a second early")
		}
		b.clock.Set(due)
		b.tend(t)
		s := b.search(t, 1)
		if s.Pending == nil {
			break
		}
		l = *s.Pending
		if slices.Contains(providers, l.ProviderID) || l.Origin != linking.FromNext || l.Words != "Bonjour" {
			t.Fatalf("after %v the next is %+v", providers, l)
		}
		providers = append(providers, l.ProviderID)
		due = due.AddDate(0, 0, 7) // from an evening to the same one a week later: five working days
	}
	s := b.wantStance(t, 1, linking.Exhausted)
	if len(providers) != linking.MaxRefusals || s.Refusals != linking.MaxRefusals || len(s.Past) != linking.MaxRefusals {
		t.Fatalf("%v were asked, %d refused", providers, s.Refusals)
	}
	b.wantMails(t, "lead1@example.org", linking.LetterNext, linking.LetterNext, linking.LetterExhausted)
	b.wantMails(t, fmt.Sprintf("member%d-1@example.org", providers[1]), linking.LetterRequest, linking.LetterReminder, linking.LetterLapsed)
	b.clock.Turn(time.Hour)
	if n := b.tend(t); n != 0 {
		t.Errorf("%d rows changed after the end", n)
	}

	// The lead describes the needs anew: another round, in which all may be proposed again.
	ok(t, b.Describe(context.Background(), 1, linking.Needs{Mode: support.AnyMode, Size: support.Small}, b.lead(t, 1)))
	if s := b.wantStance(t, 1, linking.Choosing); len(s.Proposals) != linking.MaxProposals || s.Refusals != 0 {
		t.Fatalf("the new round is %+v", s)
	}
}

func TestDeclinedGoesToTheNextAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 1)
	b.providers(t, 2, 1)
	l := b.choose(t, 1, 1)
	ok(t, b.Decline(ctx, l.PublicID, "Trop loin", b.member(t, 1)))
	b.wantStates(t, 1, "1 declined, 2 proposed")
	s := b.search(t, 1)
	if s.Past[0].DeclineReason != "Trop loin" {
		t.Errorf("the reason is %q", s.Past[0].DeclineReason)
	}
	ok(t, b.Decline(ctx, s.Pending.PublicID, "", b.member(t, 2)))
	b.wantStates(t, 1, "1 declined, 2 declined")
	b.wantStance(t, 1, linking.Exhausted) // nobody else is left
	b.wantMails(t, "lead1@example.org", linking.LetterNext, linking.LetterExhausted)
}

func TestRestsMoveTheDate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.spaces(t, 2)
	b.providers(t, 1, 5)
	b.exec(t, `INSERT INTO provider_pauses (provider_id, from_at, until_at, cause) VALUES (1, $1, $2, 'holidays')`, b.at(4, 0), b.at(6, 0))
	if l := b.choose(t, 1, 1); !l.DueAt.Equal(b.at(11, 18)) {
		t.Fatalf("with two days off it is due at %v", l.DueAt)
	}
	b.exec(t, `INSERT INTO provider_pauses (provider_id, from_at, cause) VALUES (1, $1, 'full')`, b.at(9, 0))
	b.clock.Set(b.at(9, 10))
	b.tend(t)
	if s := b.search(t, 1); s.Pending == nil || !s.Pending.DueAt.IsZero() {
		t.Fatalf("while it rests without an end: %+v", s.Pending)
	}
	b.clock.Set(b.at(25, 9))
	b.tend(t)
	b.exec(t, `UPDATE provider_pauses SET until_at = $1 WHERE cause = 'full'`, b.at(25, 8))
	b.tend(t)
	// Monday 2 does not count; 3 and 6 did; 25, 26 and 27 follow.
	if s := b.search(t, 1); s.Pending == nil || !s.Pending.DueAt.Equal(b.at(27, 18)) {
		t.Fatalf("after the rest: %+v", s.Pending)
	}
	b.wantMails(t, "member1-1@example.org", linking.LetterRequest)
	b.clock.Set(b.at(26, 18))
	b.tend(t)
	b.tend(t)
	b.wantMails(t, "member1-1@example.org", linking.LetterRequest, linking.LetterReminder)
	// A rest that is announced after the reminder: there will be another one.
	b.exec(t, `INSERT INTO provider_pauses (provider_id, from_at, until_at, cause) VALUES (1, $1, $2, 'holidays')`, b.at(27, 0), b.at(31, 0))
	b.tend(t)
	b.clock.Set(b.at(30, 18))
	b.tend(t)
	if s := b.search(t, 1); s.Pending == nil || !s.Pending.DueAt.Equal(b.at(31, 18)) {
		t.Fatalf("after the holidays: %+v", s.Pending)
	}
	b.clock.Set(b.at(31, 18))
	b.tend(t)
	b.wantStates(t, 1, "1 lapsed")
}

func TestNoneYetIsAskedAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 2)
	b.providers(t, 1, 1)
	for space := range int64(2) {
		ok(t, b.NotYet(ctx, space+1, b.lead(t, int(space+1))))
		ok(t, b.NotYet(ctx, space+1, b.lead(t, int(space+1))))
	}
	if s := b.wantStance(t, 1, linking.Later); !s.AskAt.Equal(b.clock.Now().Add(30*24*time.Hour)) || len(s.Proposals) != 0 {
		t.Fatalf("the search is %+v", s)
	}
	b.tend(t)
	b.wantMails(t, "lead1@example.org")
	b.exec(t, `UPDATE spaces SET state = 'suspended' WHERE id = 2`)
	b.clock.Turn(30 * 24 * time.Hour)
	b.tend(t)
	b.tend(t)
	b.wantStance(t, 1, linking.Choosing)
	b.wantMails(t, "lead1@example.org", linking.LetterAgain)
	b.wantMails(t, "lead2@example.org")
	b.linked(t, 1)
	b.exec(t, `UPDATE spaces SET state = 'active' WHERE id = 2`)
	b.tend(t)
	b.wantStance(t, 2, linking.Exhausted) // the only place was taken meanwhile
	b.wantMails(t, "lead2@example.org", linking.LetterExhausted)
}

func TestWhoCannotChooseAnyMoreIsTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.spaces(t, 3)
	b.providers(t, 1, 1)
	b.tend(t)
	b.linked(t, 1)
	b.wantStance(t, 2, linking.Exhausted) // seen at once, told within a day
	b.tend(t)
	b.wantMails(t, "lead2@example.org", linking.LetterProposals)
	b.clock.Turn(24 * time.Hour)
	if n := b.tend(t); n != 2 {
		t.Errorf("%d rows changed, want 2", n)
	}
	b.wantMails(t, "lead1@example.org", linking.LetterProposals, linking.LetterAccepted)
	b.wantMails(t, "lead2@example.org", linking.LetterProposals, linking.LetterExhausted)
	b.clock.Turn(24 * time.Hour)
	if n := b.tend(t); n != 0 {
		t.Errorf("%d rows changed, want none", n)
	}
}

// TestWhoeverRefusedIsNobodyToChoose has the one who declined as the only one with a free place: the page says that nobody is left,
// and so does the mail.
func TestWhoeverRefusedIsNobodyToChoose(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.spaces(t, 1)
	b.providers(t, 2, 1)
	b.tend(t)
	first := b.choose(t, 1, 1)
	ok(t, b.Decline(t.Context(), first.PublicID, "", b.member(t, 1)))
	next := b.search(t, 1).Pending
	ok(t, b.Withdraw(t.Context(), 1, next.PublicID, "", b.lead(t, 1)))
	b.exec(t, `UPDATE providers SET capacity = 0 WHERE id = 2`)
	b.wantStance(t, 1, linking.Exhausted)
	b.clock.Turn(24 * time.Hour)
	b.tend(t)
	b.wantMails(t, "lead1@example.org", linking.LetterProposals, linking.LetterNext, linking.LetterExhausted)
	if n := value[int](t, b, `SELECT count(*) FROM support_searches WHERE stance = 'exhausted'`); n != 1 {
		t.Error("the search does not stand where the page says it does")
	}
}

// TestWhoeverRefusedMayBeAskedAMonthLater: "none yet" ends a round.
func TestWhoeverRefusedMayBeAskedAMonthLater(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.spaces(t, 1)
	b.providers(t, 1, 1)
	b.tend(t)
	ok(t, b.Decline(t.Context(), b.choose(t, 1, 1).PublicID, "", b.member(t, 1)))
	ok(t, b.NotYet(t.Context(), 1, b.lead(t, 1)))
	b.clock.Turn(30 * 24 * time.Hour)
	b.tend(t)
	b.wantStance(t, 1, linking.Choosing)
	b.wantMails(t, "lead1@example.org", linking.LetterProposals, linking.LetterExhausted, linking.LetterAgain)
}

func TestASuspendedSpaceIsNotProposed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 1)
	b.providers(t, 3, 1)
	l := b.choose(t, 1, 1)
	b.exec(t, `UPDATE spaces SET state = 'suspended'`)
	ok(t, b.Decline(ctx, l.PublicID, "", b.member(t, 1)))
	b.tend(t)
	b.wantStates(t, 1, "1 declined")
	b.wantStance(t, 1, linking.NotReady)
	b.exec(t, `UPDATE spaces SET state = 'active'`)
	b.tend(t)
	if s := b.wantStance(t, 1, linking.Waiting); s.Pending.ProviderID == 1 {
		t.Error("who declined was asked again")
	}
}

func TestWordsAboutForgottenSpacesGo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 2)
	b.providers(t, 2, 2)
	for space := range int64(2) {
		ok(t, b.Describe(ctx, space+1, linking.Needs{Size: support.Small, Words: "Nous sommes un syndicat"}, b.lead(t, int(space+1))))
		l := b.linked(t, space+1)
		ok(t, b.End(ctx, space+1, l.PublicID, "Déménagement", b.lead(t, int(space+1))))
	}
	b.exec(t, `UPDATE spaces SET state = 'closed', forgotten_at = now(), person_id = NULL, name = '#1' WHERE id = 1`)
	b.tend(t)
	words := `SELECT (SELECT string_agg(words || summary || decline_reason || end_reason, '' ORDER BY id) FROM support_links WHERE space_id = $1)
		|| coalesce((SELECT words FROM support_searches WHERE space_id = $1), '')`
	if got := value[string](t, b, words, 1); got != "" {
		t.Errorf("%q is left", got)
	}
	if got := value[string](t, b, words, 2); got == "" {
		t.Error("what is not forgotten is gone")
	}
	if n := b.tend(t); n != 0 {
		t.Errorf("%d rows changed, want none", n)
	}
}
