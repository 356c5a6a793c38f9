package directory_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

// span is from so many days after the clock's time until so many; 0 and 0: from now without an end.
func (b *bundle) span(from, until int) support.Span {
	s := support.Span{From: b.clock.Now().Add(time.Duration(from) * day)}
	if until != 0 {
		s.Until = b.clock.Now().Add(time.Duration(until) * day)
	}
	return s
}

// rests describes the rests that are not over in days from the beginning of the tests: "holidays 2-9, full 0-".
func (b *bundle) rests(tb testing.TB, p directory.Provider) string {
	tb.Helper()
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var out []string
	for _, o := range must[[]directory.Pause](tb)(b.Pauses(tb.Context(), p.ID)) {
		s := fmt.Sprintf("%s %d-", o.Cause, o.Span.From.Sub(start)/day)
		if !o.Span.Until.IsZero() {
			s += fmt.Sprint(int(o.Span.Until.Sub(start) / day))
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func TestPauseOverTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	noe := b.member(t, p, manager)
	ok(t, b.Pause(t.Context(), p.PublicID, b.span(2, 9), directory.PauseHolidays, noe))
	for _, step := range []struct {
		turn    time.Duration
		changed int
		state   directory.State
	}{
		{0, 0, directory.Listed}, {2*day - time.Second, 0, directory.Listed}, {time.Second, 1, directory.Paused},
		{0, 0, directory.Paused}, {7*day - time.Second, 0, directory.Paused}, {time.Second, 1, directory.Listed}, {day, 0, directory.Listed},
	} {
		b.clock.Turn(step.turn)
		if n := b.tend(t); n != step.changed {
			t.Errorf("at %s: %d rows changed, want %d", b.clock.Now(), n, step.changed)
		}
		b.wantState(t, p, step.state)
	}
	if got := b.actions(t, p); !strings.HasSuffix(got, "member_added, member_joined, pause_announced, paused, resumed") {
		t.Errorf("the trail is %q", got)
	}
}

func TestPauseThatBeginsNow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	past := b.span(-3, 5)
	for range 2 {
		ok(t, b.Pause(t.Context(), p.PublicID, past, directory.PauseHolidays, manager))
	}
	got := b.get(t, p)
	if got.State != directory.Paused || got.PausedCause != directory.PauseHolidays || !got.PausedUntil.Equal(past.Until) {
		t.Errorf("paused: %+v", got)
	}
	if rests := b.rests(t, p); rests != "holidays 0-5" {
		t.Errorf("rests %q: it begins now, not in the past", rests)
	}
	b.clock.Turn(day)
	for range 2 {
		ok(t, b.Resume(t.Context(), p.PublicID, manager))
	}
	b.wantState(t, p, directory.Listed)
	// The day on which it rested is kept: due dates reckon with it.
	if n := value[int](t, b, `SELECT count(*) FROM provider_pauses WHERE until_at - from_at = interval '1 day'`); n != 1 {
		t.Errorf("%d rests of a day are kept", n)
	}
	ok(t, b.Pause(t.Context(), p.PublicID, support.Span{}, directory.PauseFull, manager))
	ok(t, b.Resume(t.Context(), p.PublicID, manager)) // in the same instant
	b.wantState(t, p, directory.Listed)
	if got := b.actions(t, p); !strings.HasSuffix(got, "listed, pause_begun, paused, resumed, pause_begun, paused, resumed") {
		t.Errorf("the trail is %q", got)
	}
}

func TestPausesJoin(t *testing.T) {
	t.Parallel()
	type rest struct {
		cause       directory.PauseCause
		from, until int
	}
	const holidays, full = directory.PauseHolidays, directory.PauseFull
	cases := map[string]struct {
		rests []rest
		want  string
	}{
		"apart":               {[]rest{{holidays, 2, 5}, {holidays, 7, 9}}, "holidays 2-5, holidays 7-9"},
		"touch":               {[]rest{{holidays, 2, 5}, {holidays, 5, 9}}, "holidays 2-9"},
		"overlap":             {[]rest{{holidays, 4, 9}, {holidays, 2, 5}}, "holidays 2-9"},
		"inside":              {[]rest{{holidays, 2, 9}, {holidays, 4, 5}}, "holidays 2-9"},
		"around several":      {[]rest{{holidays, 2, 3}, {holidays, 5, 6}, {holidays, 8, 9}, {holidays, 1, 7}}, "holidays 1-7, holidays 8-9"},
		"without an end":      {[]rest{{holidays, 4, 9}, {holidays, 2, 0}}, "holidays 2-"},
		"into one without":    {[]rest{{holidays, 2, 0}, {holidays, 4, 9}}, "holidays 2-"},
		"another cause":       {[]rest{{full, 2, 0}, {holidays, 4, 9}}, "full 2-, holidays 4-9"},
		"shorter while it is": {[]rest{{full, 0, 0}, {full, 0, 4}}, "full 0-4"},
		"longer while it is":  {[]rest{{full, 0, 4}, {full, 0, 0}}, "full 0-"},
		"from now into later": {[]rest{{full, 3, 8}, {full, 0, 4}}, "full 0-8"},
	}
	b := setup(t)
	n := 0
	for name, c := range cases {
		n++
		p, manager := b.listed(t, application(n))
		t.Run(name, func(t *testing.T) {
			for _, r := range c.rests {
				ok(t, b.Pause(t.Context(), p.PublicID, b.span(r.from, r.until), r.cause, manager))
			}
			if diff := cmp.Diff(c.want, b.rests(t, p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRestsOfDifferentCausesStandBesideEachOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	ok(t, b.Pause(t.Context(), p.PublicID, b.span(0, 10), directory.PauseHolidays, manager))
	ok(t, b.Pause(t.Context(), p.PublicID, b.span(0, 20), directory.PauseTeam, b.admin))
	if got := b.get(t, p); got.PausedCause != directory.PauseTeam || !got.PausedUntil.Equal(b.clock.Now().Add(20*day)) {
		t.Errorf("the one that lasts longest is told: %+v", got)
	}
	wantProblem(t, b.Resume(t.Context(), p.PublicID, manager), problem.Forbidden, "problem.pause_team")
	b.clock.Turn(15 * day)
	b.tend(t)
	b.wantState(t, p, directory.Paused)
	ok(t, b.Resume(t.Context(), p.PublicID, b.admin))
	b.wantState(t, p, directory.Listed)
}

func TestPauseRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	applied := b.confirmed(t, application(2))
	pause := func(s support.Span, cause directory.PauseCause, by identity.Person) error {
		return b.Pause(t.Context(), p.PublicID, s, cause, by)
	}
	wantField(t, pause(b.span(400, 0), directory.PauseOther, manager), directory.FieldFrom, "problem.pause_from")
	wantField(t, pause(b.span(3, 3), directory.PauseOther, manager), directory.FieldUntil, "problem.pause_until")
	wantField(t, pause(b.span(-9, -3), directory.PauseOther, manager), directory.FieldUntil, "problem.pause_until")
	wantField(t, pause(b.span(0, 800), directory.PauseOther, manager), directory.FieldUntil, "problem.pause_until")
	wantField(t, pause(b.span(0, 0), "tired", manager), directory.FieldCause, "problem.choice_unknown")
	wantField(t, pause(b.span(0, 0), directory.PauseProfile, manager), directory.FieldCause, "problem.choice_unknown")
	wantField(t, pause(b.span(0, 0), directory.PauseTeam, manager), directory.FieldCause, "problem.choice_unknown")
	for _, by := range []identity.Person{b.stranger(t), b.reviewer, {}} {
		wantProblem(t, pause(b.span(0, 0), directory.PauseFull, by), problem.NotFound, "problem.not_found")
		wantProblem(t, b.Resume(t.Context(), p.PublicID, by), problem.NotFound, "problem.not_found")
		wantProblem(t, b.DropPause(t.Context(), p.PublicID, 1, by), problem.NotFound, "problem.not_found")
	}
	wantProblem(t, b.Pause(t.Context(), applied.PublicID, b.span(0, 0), directory.PauseTeam, b.admin), problem.NotFound, "problem.not_found")
	b.wantState(t, p, directory.Listed)
	if rests := b.rests(t, p); rests != "" {
		t.Errorf("kept %q", rests)
	}
}

func TestDropPause(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	ok(t, b.Pause(t.Context(), p.PublicID, b.span(0, 2), directory.PauseFull, manager))
	ok(t, b.Pause(t.Context(), p.PublicID, b.span(3, 5), directory.PauseHolidays, manager))
	ok(t, b.Pause(t.Context(), p.PublicID, b.span(7, 9), directory.PauseTeam, b.admin))
	rests := must[[]directory.Pause](t)(b.Pauses(t.Context(), p.ID))
	wantProblem(t, b.DropPause(t.Context(), p.PublicID, rests[0].ID, manager), problem.Conflict, "problem.pause_begun")
	wantProblem(t, b.DropPause(t.Context(), p.PublicID, rests[2].ID, manager), problem.Forbidden, "problem.pause_team")
	for range 2 {
		ok(t, b.DropPause(t.Context(), p.PublicID, rests[1].ID, manager))
	}
	ok(t, b.DropPause(t.Context(), p.PublicID, rests[2].ID, b.admin))
	other, owner := b.listed(t, application(2))
	ok(t, b.DropPause(t.Context(), other.PublicID, rests[0].ID, owner)) // not its own: nothing happens
	if got := b.rests(t, p); got != "full 0-2" {
		t.Errorf("rests %q", got)
	}
}
