package linking_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/linking"
)

// Each row is one line of the table of STATES.md, or one that is not in it: what is done to a link in a state, and what becomes
// of it, or the refusal.
func TestStatesOfALink(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	type act func(tb testing.TB, b *bundle, l linking.Link) error
	member := func(f func(b *bundle, l linking.Link, by identity.Person) error) act {
		return func(tb testing.TB, b *bundle, l linking.Link) error {
			tb.Helper()
			return f(b, l, b.member(tb, 1))
		}
	}
	lead := func(f func(b *bundle, l linking.Link, by identity.Person) error) act {
		return func(tb testing.TB, b *bundle, l linking.Link) error {
			tb.Helper()
			return f(b, l, b.lead(tb, 1))
		}
	}
	accept := member(func(b *bundle, l linking.Link, by identity.Person) error { return b.Accept(ctx, l.PublicID, by) })
	decline := member(func(b *bundle, l linking.Link, by identity.Person) error {
		return b.Decline(ctx, l.PublicID, "Trop loin", by)
	})
	leave := member(func(b *bundle, l linking.Link, by identity.Person) error {
		return b.Leave(ctx, l.PublicID, "Nous fermons", by)
	})
	withdraw := lead(func(b *bundle, l linking.Link, by identity.Person) error {
		return b.Withdraw(ctx, 1, l.PublicID, "", by)
	})
	end := lead(func(b *bundle, l linking.Link, by identity.Person) error {
		return b.End(ctx, 1, l.PublicID, "Merci", by)
	})
	notYet := lead(func(b *bundle, _ linking.Link, by identity.Person) error { return b.NotYet(ctx, 1, by) })
	lapse := func(tb testing.TB, b *bundle, _ linking.Link) error {
		tb.Helper()
		b.clock.Set(b.at(9, 19))
		b.tend(tb)
		return nil
	}
	closing := func(tb testing.TB, b *bundle, _ linking.Link) error {
		tb.Helper()
		b.exec(tb, `UPDATE spaces SET state = 'closing' WHERE id = 1`)
		b.tend(tb)
		return nil
	}
	refuse := func(tb testing.TB, b *bundle, _ linking.Link) error {
		tb.Helper()
		b.exec(tb, `UPDATE providers SET state = 'refused' WHERE id = 1`)
		b.tend(tb)
		return nil
	}
	for name, tt := range map[string]struct {
		before []act
		do     act
		want   string // the link's state and who ended it
		key    string // of the refusal
		moves  string
	}{
		"proposed, accepted":           {do: accept, want: "1 accepted"},
		"accepted, accepted":           {before: []act{accept}, do: accept, want: "1 accepted"},
		"declined, accepted":           {before: []act{decline}, do: accept, want: "1 declined", key: "problem.link_declined"},
		"withdrawn, accepted":          {before: []act{withdraw}, do: accept, want: "1 declined by lead", key: "problem.link_withdrawn"},
		"lapsed, accepted":             {before: []act{lapse}, do: accept, want: "1 lapsed", key: "problem.link_lapsed"},
		"ended, accepted":              {before: []act{accept, end}, do: accept, want: "1 ended by lead", key: "problem.link_ended", moves: "moved to 0: "},
		"proposed, declined":           {do: decline, want: "1 declined"},
		"declined, declined":           {before: []act{decline}, do: decline, want: "1 declined"},
		"accepted, declined":           {before: []act{accept}, do: decline, want: "1 accepted", key: "problem.link_accepted"},
		"withdrawn, declined":          {before: []act{withdraw}, do: decline, want: "1 declined by lead", key: "problem.link_withdrawn"},
		"lapsed, declined":             {before: []act{lapse}, do: decline, want: "1 lapsed", key: "problem.link_lapsed"},
		"proposed, withdrawn":          {do: withdraw, want: "1 declined by lead"},
		"withdrawn, withdrawn":         {before: []act{withdraw}, do: withdraw, want: "1 declined by lead"},
		"declined, withdrawn":          {before: []act{decline}, do: withdraw, want: "1 declined", key: "problem.link_declined"},
		"lapsed, withdrawn":            {before: []act{lapse}, do: withdraw, want: "1 lapsed", key: "problem.link_lapsed"},
		"accepted, withdrawn":          {before: []act{accept}, do: withdraw, want: "1 accepted", key: "problem.link_accepted"},
		"proposed, ended":              {do: end, want: "1 proposed", key: "problem.link_none"},
		"accepted, ended":              {before: []act{accept}, do: end, want: "1 ended by lead", moves: "moved to 0: "},
		"ended, ended":                 {before: []act{accept, end}, do: end, want: "1 ended by lead", moves: "moved to 0: "},
		"left, ended":                  {before: []act{accept, leave}, do: end, want: "1 ended by provider", key: "problem.link_ended", moves: "moved to 0: "},
		"proposed, left":               {do: leave, want: "1 proposed", key: "problem.link_waiting"},
		"accepted, left":               {before: []act{accept}, do: leave, want: "1 ended by provider", moves: "moved to 0: "},
		"left, left":                   {before: []act{accept, leave}, do: leave, want: "1 ended by provider", moves: "moved to 0: "},
		"ended, left":                  {before: []act{accept, end}, do: leave, want: "1 ended by lead", key: "problem.link_ended", moves: "moved to 0: "},
		"proposed, none yet":           {do: notYet, want: "1 proposed", key: "problem.link_pending"},
		"accepted, none yet":           {before: []act{accept}, do: notYet, want: "1 accepted", key: "problem.link_current"},
		"proposed, time passes":        {do: lapse, want: "1 lapsed"},
		"accepted, time passes":        {before: []act{accept}, do: lapse, want: "1 accepted"},
		"proposed, the space closes":   {do: closing, want: "1 declined by closing"},
		"accepted, the space closes":   {before: []act{accept}, do: closing, want: "1 ended by closing", moves: "moved to 0: "},
		"proposed, provider taken out": {do: refuse, want: "1 declined by team"},
		"accepted, provider taken out": {before: []act{accept}, do: refuse, want: "1 ended by team", moves: "moved to 0: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.spaces(t, 1)
			b.providers(t, 1, 5)
			l := b.choose(t, 1, 1)
			for _, f := range tt.before {
				ok(t, f(t, b, l))
			}
			trail := value[int](t, b, `SELECT count(*) FROM audit`)
			err := tt.do(t, b, l)
			if tt.key != "" {
				wantProblem(t, err, problem.Conflict, tt.key)
				if now := value[int](t, b, `SELECT count(*) FROM audit`); now != trail {
					t.Errorf("a refusal wrote %d lines into the trail", now-trail)
				}
			} else {
				ok(t, err)
			}
			b.wantStates(t, 1, tt.want)
			b.wantMoves(t, 1, tt.moves)
		})
	}
}

func TestProposalIsToldAndAnswered(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 1)
	b.providers(t, 1, 2)
	b.tend(t)
	b.wantMails(t, "lead1@example.org", linking.LetterProposals)
	s := b.wantStance(t, 1, linking.Choosing)
	if len(s.Proposals) != 1 || s.Proposals[0].Candidate.ID != 1 {
		t.Fatalf("the proposals are %+v", s.Proposals)
	}
	l := b.choose(t, 1, 1)
	if want := b.at(9, 18); !l.DueAt.Equal(want) || l.State != linking.Proposed || l.Words != "Bonjour" {
		t.Fatalf("the link is %+v, want it due at %v", l, want)
	}
	if again := b.choose(t, 1, 1); again.ID != l.ID {
		t.Fatal("chosen twice, it is two links")
	}
	b.wantStance(t, 1, linking.Waiting)
	for _, who := range []string{"member1-1@example.org", "member1-2@example.org"} {
		b.wantMails(t, who, linking.LetterRequest)
	}
	r, err := b.Request(ctx, l.PublicID, b.member(t, 1))
	ok(t, err)
	if r.Link.SpaceName != "Association 1" || r.Suite != "collabora" || len(r.Link.Needs.Kinds) != 1 {
		t.Fatalf("the request is %+v", r)
	}
	ok(t, b.Accept(ctx, l.PublicID, b.member(t, 1)))
	ok(t, b.Accept(ctx, l.PublicID, b.person(t, "member1-2@example.org")))
	b.wantStance(t, 1, linking.Linked)
	b.wantMails(t, "lead1@example.org", linking.LetterProposals, linking.LetterAccepted)
	b.wantMails(t, "member1-1@example.org", linking.LetterRequest, linking.LetterWelcome)
	b.wantEvents(t, 1, "link:1:proposed link.proposed", "link:1:accepted link.accepted")
	if b.tend(t) != 0 {
		t.Error("there was still something to tend")
	}
}

func TestStrangersSeeNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 1)
	b.providers(t, 2, 2)
	l := b.choose(t, 1, 1)
	for name, by := range map[string]identity.Person{
		"nobody": {}, "another provider": b.member(t, 2), "the lead": b.lead(t, 1), "an admin": b.admin,
	} {
		_, err := b.Request(ctx, l.PublicID, by)
		wantProblem(t, err, problem.NotFound, "problem.not_found")
		for _, err := range []error{b.Accept(ctx, l.PublicID, by), b.Decline(ctx, l.PublicID, "", by), b.Leave(ctx, l.PublicID, "", by)} {
			if !problem.Is(err, problem.NotFound) {
				t.Errorf("%s got %v", name, err)
			}
		}
	}
	for _, id := range []string{"", "x", "a\x00b", "\xff"} {
		wantProblem(t, b.Accept(ctx, id, b.member(t, 1)), problem.NotFound, "problem.not_found")
		_, err := b.Choose(ctx, 1, id, linking.FromDirectory, "", "", b.lead(t, 1))
		wantProblem(t, err, problem.NotFound, "problem.not_found")
	}
	_, err := b.Search(ctx, 99)
	wantProblem(t, err, problem.NotFound, "problem.not_found")
	b.wantStates(t, 1, "1 proposed")
}

func TestFormerProviderKeepsNothingOfTheSpace(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 1)
	b.providers(t, 1, 2)
	l := b.linked(t, 1)
	if ls, err := b.Associations(ctx, 1); err != nil || len(ls) != 1 || ls[0].SpaceName != "Association 1" {
		t.Fatalf("the associations are %+v (%v)", ls, err)
	}
	ok(t, b.End(ctx, 1, l.PublicID, "Parce que", b.lead(t, 1)))
	b.wantMails(t, "member1-1@example.org", linking.LetterRequest, linking.LetterWelcome, linking.LetterEnded)
	former, err := b.Former(ctx, 1)
	ok(t, err)
	r, err := b.Request(ctx, l.PublicID, b.member(t, 1))
	ok(t, err)
	_, mailed, err := b.OpenProposal(ctx, b.token(t, l, "member1-1@example.org"))
	ok(t, err)
	if mailed.Ref != l.ID || len(former) != 1 {
		t.Fatalf("the mailed link is %+v, the former links %+v", mailed, former)
	}
	for _, l := range []linking.Link{former[0], r.Link} {
		if l.SpaceID != 0 || l.SpacePublicID != "" || l.SpaceName != "" || l.Words != "" || l.Summary != "" || l.EndReason != "" ||
			l.Needs.Region != "" || l.Needs.Words != "" || r.Accounts != 0 || r.Suite != "" {
			t.Errorf("a former provider sees %+v", r)
		}
		if len(l.Needs.Kinds) != 1 || l.EndedAt.IsZero() {
			t.Errorf("kinds and dates are lost: %+v", l)
		}
	}
	if ls, err := b.Associations(ctx, 1); err != nil || len(ls) != 0 {
		t.Fatalf("the associations are %+v (%v)", ls, err)
	}
}

func TestChangeOfProvider(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 1)
	b.providers(t, 2, 2)
	b.linked(t, 1)
	s := b.wantStance(t, 1, linking.Linked)
	if len(s.Proposals) != 1 || s.Proposals[0].Candidate.ID != 2 {
		t.Fatalf("the proposals for a change are %+v", s.Proposals)
	}
	l, err := b.Choose(ctx, 1, "provider-2", linking.FromMatch, "", "On en était là.", b.lead(t, 1))
	ok(t, err)
	if s := b.wantStance(t, 1, linking.Linked); s.Pending == nil || s.Current == nil || len(s.Proposals) != 0 {
		t.Fatalf("while it is asked the search is %+v", s)
	}
	_, err = b.Choose(ctx, 1, "provider-2", linking.FromMatch, "", "", b.lead(t, 1))
	ok(t, err)
	ok(t, b.Accept(ctx, l.PublicID, b.member(t, 2)))
	b.wantStates(t, 1, "1 ended by change, 2 accepted")
	b.wantMoves(t, 1, "moved to 2: On en était là.")
	b.wantMails(t, "member1-1@example.org", linking.LetterRequest, linking.LetterWelcome, linking.LetterEnded)
	b.wantEvents(t, 1, "link:1:proposed link.proposed", "link:1:accepted link.accepted", "link:1:ended link.ended")
	b.wantEvents(t, 2, "link:2:proposed link.proposed", "link:2:accepted link.accepted")
	if s := b.wantStance(t, 1, linking.Linked); s.Current.ProviderID != 2 || len(s.Past) != 1 {
		t.Fatalf("the search is %+v", s)
	}
}

func TestChooseRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 3)
	b.providers(t, 5, 1)
	b.exec(t, `UPDATE providers SET state = 'paused' WHERE id = 2`)
	b.exec(t, `UPDATE providers SET state = 'refused' WHERE id = 3`)
	b.exec(t, `INSERT INTO provider_pauses (provider_id, from_at, cause) VALUES (4, $1, 'full')`, b.at(1, 0))
	b.exec(t, `UPDATE spaces SET state = 'suspended' WHERE id = 3`)
	b.choose(t, 1, 1)
	for name, tt := range map[string]struct {
		space    int64
		provider string
		origin   linking.Origin
		by       identity.Person
		code     problem.Code
		key      string
	}{
		"full":               {space: 2, provider: "provider-1", code: problem.Conflict, key: "problem.provider_full"},
		"paused":             {space: 2, provider: "provider-2", code: problem.Conflict, key: "problem.provider_paused"},
		"resting":            {space: 2, provider: "provider-4", code: problem.Conflict, key: "problem.provider_paused"},
		"not listed":         {space: 2, provider: "provider-3", code: problem.NotFound, key: "problem.not_found"},
		"unknown":            {space: 2, provider: "provider-9", code: problem.NotFound, key: "problem.not_found"},
		"unknown space":      {space: 9, provider: "provider-5", code: problem.NotFound, key: "problem.not_found"},
		"another is asked":   {space: 1, provider: "provider-5", code: problem.Conflict, key: "problem.link_pending"},
		"the space sleeps":   {space: 3, provider: "provider-5", code: problem.Conflict, key: "problem.space_not_ready"},
		"by no such origin":  {space: 2, provider: "provider-5", origin: linking.FromNext, code: problem.Invalid, key: "problem.invalid"},
		"by the team's hand": {space: 2, provider: "provider-5", origin: linking.FromTeam, by: b.admin, code: problem.Invalid, key: "problem.invalid"},
	} {
		origin := tt.origin
		if origin == "" {
			origin = linking.FromDirectory
		}
		_, err := b.Choose(ctx, tt.space, tt.provider, origin, "", "", tt.by)
		t.Log(name)
		wantProblem(t, err, tt.code, tt.key)
	}
	if n := value[int](t, b, `SELECT count(*) FROM support_links`); n != 1 {
		t.Errorf("there are %d links", n)
	}
}

// Two leads want the last place at once; two members answer at once; the lead takes back while the provider accepts.
func TestAtTheSameTime(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	const rounds = 12
	b.spaces(t, 2*rounds)
	b.providers(t, rounds, 1)
	both := func(f, g func() error) (error, error) {
		done := make(chan error, 1)
		go func() { done <- f() }()
		second := g()
		return <-done, second
	}
	for i := range int64(rounds) {
		provider, a, z := i+1, 2*i+1, 2*i+2
		choose := func(space int64) func() error {
			lead, name := b.lead(t, int(space)), "provider-"+itoa(provider)
			return func() error {
				_, err := b.Choose(ctx, space, name, linking.FromDirectory, "", "", lead)
				return err
			}
		}
		one, two := both(choose(a), choose(z))
		if (one == nil) == (two == nil) {
			t.Fatalf("the last place was given with %v and %v", one, two)
		}
		wantProblem(t, errors.Join(one, two), problem.Conflict, "problem.provider_full")
		id := value[string](t, b, `SELECT public_id FROM support_links WHERE provider_id = $1 AND state = 'proposed'`, provider)
		space := value[int64](t, b, `SELECT space_id FROM support_links WHERE public_id = $1`, id)
		first, second := b.member(t, provider), b.person(t, "member"+itoa(provider)+"-2@example.org")
		if i%2 == 0 {
			one, two = both(func() error { return b.Accept(ctx, id, first) }, func() error { return b.Accept(ctx, id, second) })
			ok(t, errors.Join(one, two))
			b.wantEvents(t, provider, "link:"+linkID(t, b, id)+":proposed link.proposed", "link:"+linkID(t, b, id)+":accepted link.accepted")
			continue
		}
		lead := b.lead(t, int(space))
		one, two = both(func() error { return b.Accept(ctx, id, first) }, func() error { return b.Withdraw(ctx, space, id, "", lead) })
		state := value[string](t, b, `SELECT state FROM support_links WHERE public_id = $1`, id)
		switch {
		case one == nil && state == "accepted":
			wantProblem(t, two, problem.Conflict, "problem.link_accepted")
		case two == nil && state == "declined":
			wantProblem(t, one, problem.Conflict, "problem.link_withdrawn")
		default:
			t.Fatalf("the link is %s after %v and %v", state, one, two)
		}
	}
	if n := value[int](t, b, `SELECT count(*) FROM providers p WHERE capacity < (SELECT count(*) FROM support_links l WHERE l.provider_id = p.id AND l.state IN ('proposed', 'accepted'))`); n != 0 {
		t.Errorf("%d providers are over capacity", n)
	}
}

func TestMailedLinkAnswers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 3)
	b.providers(t, 2, 3)
	l := b.choose(t, 1, 1)
	token := b.token(t, l, "Member1-1@example.org")
	r, mailed, err := b.OpenProposal(ctx, token)
	ok(t, err)
	if r.Link.SpaceName != "Association 1" || mailed.Ref != l.ID {
		t.Fatalf("the link opens %+v", r)
	}
	ok(t, b.AnswerByLink(ctx, token, true, ""))
	b.wantStates(t, 1, "1 accepted")
	ok(t, b.AnswerByLink(ctx, token, true, "")) // the same button, pressed again
	wantProblem(t, b.AnswerByLink(ctx, token, false, ""), problem.Conflict, "problem.link_accepted")
	ok(t, b.AnswerByLink(ctx, b.token(t, l, "member1-2@example.org"), true, "")) // the colleague's mail
	r, _, err = b.OpenProposal(ctx, token)
	wantProblem(t, err, problem.Gone, "problem.link_used")
	if r.Link.State != linking.Accepted {
		t.Fatalf("the used link opens %+v", r)
	}
	if by := value[int64](t, b, `SELECT answered_by FROM support_links WHERE id = $1`, l.ID); by != b.member(t, 1).ID {
		t.Errorf("it was answered by %d", by)
	}

	l = b.choose(t, 2, 1)
	token = b.token(t, l, "member1-1@example.org")
	ok(t, b.AnswerByLink(ctx, token, false, "Nous sommes complets"))
	ok(t, b.AnswerByLink(ctx, token, false, "Nous sommes complets"))
	b.wantStates(t, 2, "1 declined, 2 proposed")
	wantProblem(t, b.AnswerByLink(ctx, token, true, ""), problem.Conflict, "problem.link_declined")

	l = b.choose(t, 3, 1)
	token = b.token(t, l, "member1-1@example.org")
	b.exec(t, `DELETE FROM provider_members WHERE person_id = $1`, b.member(t, 1).ID)
	wantProblem(t, b.AnswerByLink(ctx, token, true, ""), problem.NotFound, "problem.not_found")
	_, _, err = b.OpenProposal(ctx, token)
	wantProblem(t, err, problem.NotFound, "problem.not_found")
	old := b.token(t, l, "member1-2@example.org")
	b.clock.Turn(31 * 24 * time.Hour)
	wantProblem(t, b.AnswerByLink(ctx, old, true, ""), problem.Gone, "problem.link_expired")
	wantProblem(t, b.AnswerByLink(ctx, "no token", true, ""), problem.NotFound, "problem.link_unknown")
	b.wantStates(t, 3, "1 proposed")
}

// TestWhoIsOnlyInvitedIsNotAsked: nobody has shown yet that the address is theirs.
func TestWhoIsOnlyInvitedIsNotAsked(t *testing.T) {
	t.Parallel()
	b, ctx := setup(t), t.Context()
	b.spaces(t, 1)
	b.providers(t, 1, 5)
	b.tend(t)
	const address = "member1-2@example.org"
	by := b.person(t, address)
	b.exec(t, `UPDATE provider_members SET joined_at = NULL WHERE person_id = $1`, by.ID)
	l := b.choose(t, 1, 1)
	b.wantMails(t, address)
	b.wantMails(t, "member1-1@example.org", linking.LetterRequest)
	_, err := b.Request(ctx, l.PublicID, by)
	wantProblem(t, err, problem.NotFound, "problem.not_found")
	wantProblem(t, b.Accept(ctx, l.PublicID, by), problem.NotFound, "problem.not_found")
	wantProblem(t, b.AnswerByLink(ctx, b.token(t, l, address), true, ""), problem.NotFound, "problem.not_found")
	b.wantStates(t, 1, "1 proposed")
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func linkID(tb testing.TB, b *bundle, publicID string) string {
	tb.Helper()
	return value[string](tb, b, `SELECT id::text FROM support_links WHERE public_id = $1`, publicID)
}
