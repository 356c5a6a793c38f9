package tickets_test

import (
	"runtime"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
)

// TestStates walks the state table: from each state, each side, what each message and each button leads to.
func TestStates(t *testing.T) {
	t.Parallel()
	type doer func(*world, tickets.Ticket) error
	says := func(then tickets.Then, by func(*world) identity.Person) doer {
		return func(w *world, k tickets.Ticket) error {
			return w.Say(ctx(), k.PublicID, tickets.NewMessage{Key: w.key(), Body: "…", Then: then}, by(w))
		}
	}
	note := func(w *world, k tickets.Ticket) error {
		return w.Say(ctx(), k.PublicID, tickets.NewMessage{Key: w.key(), Body: "…", Internal: true, Then: tickets.ThenSolve}, w.anna)
	}
	lead := func(w *world) identity.Person { return w.lead }
	anna := func(w *world) identity.Person { return w.anna }
	team := func(w *world) identity.Person { return w.team }
	solve := func(by func(*world) identity.Person) doer {
		return func(w *world, k tickets.Ticket) error { return w.Solve(ctx(), k.PublicID, by(w)) }
	}
	reopen := func(by func(*world) identity.Person) doer {
		return func(w *world, k tickets.Ticket) error { return w.Reopen(ctx(), k.PublicID, by(w)) }
	}
	escalate := func(w *world, k tickets.Ticket) error { return w.Escalate(ctx(), k.PublicID, "help", w.anna) }
	const n, o, wa, s, c = tickets.Unanswered, tickets.Open, tickets.Waiting, tickets.Solved, tickets.Closed
	reach := map[tickets.State][]doer{
		n: nil, o: {says(tickets.ThenStay, anna)}, wa: {says(tickets.ThenWait, anna)},
		s: {says(tickets.ThenSolve, anna)}, c: {says(tickets.ThenSolve, anna), closing},
	}
	for name, tt := range map[string]struct {
		do   doer
		want map[tickets.State]tickets.State
	}{
		"the space says":             {says("", lead), map[tickets.State]tickets.State{n: n, o: o, wa: o, s: o, c: o}},
		"the provider says":          {says("", anna), map[tickets.State]tickets.State{n: wa, o: wa, wa: wa, s: s, c: c}},
		"the provider says and goes": {says(tickets.ThenStay, anna), map[tickets.State]tickets.State{n: o, o: o, wa: o, s: o, c: o}},
		"the provider says solved":   {says(tickets.ThenSolve, anna), map[tickets.State]tickets.State{n: s, o: s, wa: s, s: s, c: c}},
		"the team says":              {says("", team), map[tickets.State]tickets.State{n: wa, o: wa, wa: wa, s: s, c: c}},
		"a note":                     {note, map[tickets.State]tickets.State{n: n, o: o, wa: wa, s: s, c: c}},
		"the space solves":           {solve(lead), map[tickets.State]tickets.State{n: s, o: s, wa: s, s: s, c: c}},
		"the provider solves":        {solve(anna), map[tickets.State]tickets.State{n: s, o: s, wa: s, s: s, c: c}},
		"the space reopens":          {reopen(lead), map[tickets.State]tickets.State{n: n, o: o, wa: wa, s: o, c: o}},
		"the team reopens":           {reopen(team), map[tickets.State]tickets.State{n: n, o: o, wa: wa, s: o, c: o}},
		"the provider escalates":     {escalate, map[tickets.State]tickets.State{n: n, o: o, wa: o}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.link(t, w.a, "")
			for from, way := range reach {
				k := w.open(t)
				for _, step := range way {
					ok(t, step(w, k))
				}
				w.wantState(t, k, from)
				err := tt.do(w, k)
				want, can := tt.want[from]
				if !can {
					wantProblem(t, err, problem.Conflict)
					want = from
				} else {
					ok(t, err)
				}
				if w.wantState(t, k, want); t.Failed() {
					t.Fatalf("from %s", from)
				}
			}
		})
	}
}

// closing lets the time pass after which a solved ticket closes.
func closing(w *world, _ tickets.Ticket) error {
	w.clock.Turn(14 * 24 * time.Hour)
	_, err := w.Tend(ctx(), 50)
	return err
}

func TestReopenedUnansweredIsNew(t *testing.T) {
	t.Parallel()
	w := setup(t)
	k := w.open(t)
	ok(t, w.Solve(ctx(), k.PublicID, w.lead))
	ok(t, w.Reopen(ctx(), k.PublicID, w.lead))
	w.wantState(t, k, tickets.Unanswered)
	wantText(t, "trail", w.actions(t, k), "ticket.opened, ticket.state, ticket.state")
}

// TestDoubleKeys sends forms twice, one after the other and at once.
func TestDoubleKeys(t *testing.T) {
	t.Parallel()
	w := setup(t)
	form := w.form()
	results := make(chan tickets.Ticket)
	const times = 8
	for range times {
		go func() {
			k, err := w.Open(ctx(), form, w.lead)
			if err != nil {
				t.Error(err)
			}
			results <- k
		}()
	}
	first := <-results
	for range times - 1 {
		if k := <-results; k.ID != first.ID || k.ID == 0 {
			t.Errorf("one form made %d and %d", first.ID, k.ID)
		}
	}
	if n := value[int](t, w, `SELECT count(*) FROM ticket_messages`); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
	if first.ID < 1001 {
		t.Errorf("the number is %d, want 1001 or more", first.ID)
	}
	_, err := w.Open(ctx(), form, w.colead)
	wantProblem(t, err, problem.NotFound) // whoever copies a key learns nothing of the ticket
	m := tickets.NewMessage{Key: w.key(), Body: "une fois"}
	ok(t, w.Say(ctx(), first.PublicID, m, w.lead))
	ok(t, w.Say(ctx(), first.PublicID, m, w.lead))
	wantProblem(t, w.Say(ctx(), first.PublicID, m, w.colead), problem.NotFound)
	wantText(t, "messages", w.bodies(t, first, w.lead), "space: Bonjour, par où commencer ? | space: une fois")
}

// TestConcurrentAnswers lets the association, the provider and the team speak at once: nothing is lost, and the clocks agree
// with the state.
func TestConcurrentAnswers(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	k := w.open(t)
	done := make(chan error)
	people := []identity.Person{w.lead, w.colead, w.anna, w.aldo, w.team}
	for i := range 20 {
		m := tickets.NewMessage{Key: w.key(), Body: "…"}
		go func() { done <- w.Say(ctx(), k.PublicID, m, people[i%len(people)]) }()
	}
	for range 20 {
		ok(t, <-done)
	}
	if n := value[int](t, w, `SELECT count(*) FROM ticket_messages WHERE ticket_id = $1`, k.ID); n != 21 {
		t.Errorf("%d messages, want 21", n)
	}
	if !value[bool](t, w, `SELECT (running_since IS NOT NULL) = (state = 'open') AND answered_at IS NOT NULL AND answer_since IS NULL
		FROM tickets WHERE id = $1`, k.ID) {
		t.Error("the clocks do not agree with the state")
	}
}

// TestOpenWhileLinkChanges opens a ticket while the space goes from one provider to another: it is the newcomer's, whether
// there is a row of the search to wait for or only the link's.
func TestOpenWhileLinkChanges(t *testing.T) {
	t.Parallel()
	for _, search := range []bool{true, false} {
		t.Run(map[bool]string{true: "search", false: "link alone"}[search], func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.link(t, w.a, "")
			if !search {
				w.exec(t, `DELETE FROM support_searches`)
			}
			tx, err := w.pool.Begin(ctx())
			ok(t, err)
			for _, sql := range []string{
				`SELECT 1 FROM support_searches WHERE space_id = $1 FOR UPDATE`,
				`UPDATE support_links SET state = 'ended' WHERE space_id = $1 AND state = 'accepted'`,
				`INSERT INTO support_links (public_id, space_id, provider_id, state, origin, due_at)
					SELECT 'new', $1, id, 'accepted', 'team', now() FROM providers WHERE name = 'Bureau'`,
			} {
				_, err := tx.Exec(ctx(), sql, w.space)
				ok(t, err)
			}
			opened := make(chan tickets.Ticket)
			form := w.form()
			go func() {
				k, err := w.Open(ctx(), form, w.lead)
				if err != nil {
					t.Error(err)
				}
				opened <- k
			}()
			const waiting = `SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
				WHERE NOT l.granted AND a.datname = current_database()`
			for value[int](t, w, waiting) == 0 {
				runtime.Gosched()
			}
			ok(t, tx.Commit(ctx()))
			if k := <-opened; k.ProviderID != w.b {
				t.Errorf("the ticket is provider %d's, want %d", k.ProviderID, w.b)
			}
		})
	}
}
