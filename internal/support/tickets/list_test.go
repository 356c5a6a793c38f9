package tickets_test

import (
	"slices"
	"testing"
	"time"

	"nichoir/internal/support/tickets"
)

// numbers are the tickets of a list in its order, page by page of two.
func (w *world) numbers(tb testing.TB, f tickets.Filter, list func(tickets.Filter) ([]tickets.Ticket, error)) []int64 {
	tb.Helper()
	var ids []int64
	for f.Limit = 2; ; {
		page := must[[]tickets.Ticket](tb)(list(f))
		for _, k := range page {
			ids = append(ids, k.ID)
		}
		if len(page) < f.Limit {
			return ids
		}
		f.After = ids[len(ids)-1]
	}
}

// TestSpaceListsWhatHappenedLast: what the association can see moves a ticket up, a note and who looks after it do not.
func TestSpaceListsWhatHappenedLast(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	one, urgent := w.open(t), w.form()
	urgent.Urgent = true
	w.clock.Turn(time.Minute)
	two := must[tickets.Ticket](t)(w.Open(ctx(), urgent, w.lead))
	w.clock.Turn(time.Minute)
	three := w.open(t)
	for _, step := range []struct {
		name  string
		do    func()
		first []tickets.Ticket
	}{
		{"opened", func() {}, []tickets.Ticket{three, two, one}},
		{"answered", func() { w.say(t, one, "voilà", tickets.ThenWait, w.anna) }, []tickets.Ticket{one, three, two}},
		{"a note", func() {
			note := tickets.NewMessage{Key: w.key(), Body: "entre nous", Internal: true}
			ok(t, w.Say(ctx(), two.PublicID, note, w.anna))
		}, []tickets.Ticket{one, three, two}},
		{"assigned", func() { ok(t, w.Assign(ctx(), three.PublicID, w.aldo.ID, w.anna)) }, []tickets.Ticket{one, three, two}},
		{"solved", func() { ok(t, w.Solve(ctx(), two.PublicID, w.lead)) }, []tickets.Ticket{two, one, three}},
	} {
		w.clock.Turn(time.Minute)
		step.do()
		var want []int64
		for _, k := range step.first {
			want = append(want, k.ID)
		}
		got := w.numbers(t, tickets.Filter{SpaceID: w.space}, func(f tickets.Filter) ([]tickets.Ticket, error) { return w.List(ctx(), f, w.lead) })
		if !slices.Equal(got, want) {
			t.Errorf("%s: the association lists %v, want %v", step.name, got, want)
		}
	}
	urgency := w.numbers(t, tickets.Filter{Provider: w.a}, func(f tickets.Filter) ([]tickets.Ticket, error) { return w.List(ctx(), f, w.anna) })
	if want := []int64{three.ID, one.ID, two.ID}; !slices.Equal(urgency, want) {
		t.Errorf("the provider lists %v, want %v", urgency, want)
	}
}

// TestCountsAreOfTheList: a figure above a list must not promise what the list does not show.
func TestCountsAreOfTheList(t *testing.T) {
	t.Parallel()
	w := setup(t)
	open := w.open(t)
	ok(t, w.Solve(ctx(), open.PublicID, w.team))
	w.exec(t, `UPDATE tickets SET state = 'closed'`)
	w.open(t)
	for _, f := range []tickets.Filter{{Team: true}, {Team: true, States: []tickets.State{tickets.Closed}}} {
		counts := must[map[tickets.State]int](t)(w.Counts(ctx(), f, w.team))
		list := must[[]tickets.Ticket](t)(w.List(ctx(), f, w.team))
		if len(list) != 1 || len(counts) != 1 || counts[list[0].State] != 1 {
			t.Errorf("%+v: counted %v, listed %+v", f, counts, list)
		}
	}
}

// TestWhoLeftTheTeamLooksAfterNothing: their tickets are those without anybody again.
func TestWhoLeftTheTeamLooksAfterNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	k := w.open(t)
	ok(t, w.Assign(ctx(), k.PublicID, w.team.ID, w.team))
	colleague := w.person(t, "ines")
	w.exec(t, `UPDATE people SET staff_role = 'admin' WHERE id = $1`, colleague.ID)
	colleague.Role = "admin"
	unowned := func() int {
		t.Helper()
		return len(must[[]tickets.Ticket](t)(w.List(ctx(), tickets.Filter{Unowned: true}, colleague)))
	}
	if n := unowned(); n != 0 {
		t.Errorf("%d tickets without anybody, want none", n)
	}
	w.exec(t, `UPDATE people SET staff_role = NULL WHERE id = $1`, w.team.ID)
	if n := unowned(); n != 1 {
		t.Errorf("%d tickets without anybody, want the one of who left", n)
	}
	if n := must[tickets.Figures](t)(w.Figures(ctx(), colleague)).Unowned; n != 1 {
		t.Errorf("the desk counts %d, want 1", n)
	}
	if name := w.see(t, k, colleague).Ticket.Assignee; name != "" {
		t.Errorf("%s looks after it, who left", name)
	}
}
