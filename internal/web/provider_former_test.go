package web_test

import (
	"net/http"
	"runtime"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
)

// assignee is who looks after a ticket; 0: nobody in particular.
func (g *wing) assignee(k tickets.Ticket) int {
	g.t.Helper()
	return g.count("SELECT coalesce(assignee_id, 0) FROM tickets WHERE id = $1", k.ID)
}

// TestFormerMemberLosesEverything: who is taken out of an organisation can do nothing from that moment on, by none of the
// ways that they had.
func TestFormerMemberLosesEverything(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.linked()
	theirs, others := g.asked("0123456789abcdef0123456789abcde1", "L'agenda", true), g.asked("0123456789abcdef0123456789abcde2", "Les droits", true)
	lent := g.asked("0123456789abcdef0123456789abcde3", "Une panne", true)
	done := g.asked("0123456789abcdef0123456789abcde4", "Le logo", true)
	ctx := t.Context()
	for _, k := range []tickets.Ticket{theirs, done} {
		g.must(g.tickets.Assign(ctx, k.PublicID, g.member.ID, g.member))
	}
	g.must(g.tickets.Solve(ctx, done.PublicID, g.member))
	g.must(g.tickets.Assign(ctx, others.PublicID, g.manager.ID, g.member))
	g.must(g.tickets.Escalate(ctx, lent.PublicID, "", g.member))
	team := g.staff("sacha@nichoir.example", identity.Reviewer)
	g.must(g.tickets.Assign(ctx, lent.PublicID, team.ID, team))
	member, manager := g.signedIn(g.member), g.signedIn(g.manager)
	key := member.get(at(theirs)).is(http.StatusOK).value("form_key")
	link := g.mint(identity.PurposeTicket, theirs.ID, g.member.Email)
	reply := g.tickets.ReplyAddress(theirs.ID, g.member.ID)
	if _, _, err := g.tickets.ReplyTo(ctx, reply); err != nil {
		t.Fatalf("before, the reply address works: %v", err)
	}

	g.clock.turn(time.Minute)
	for range 2 { // a double click
		manager.post(g.desk()+"/membres/"+itoa(g.member.ID)+"/retirer", nil).leads()
	}
	for k, want := range map[*tickets.Ticket]int{&theirs: 0, &done: 0, &others: int(g.manager.ID), &lent: int(team.ID)} {
		if got := g.assignee(*k); got != want {
			t.Errorf("%s is looked after by %d, want %d", k.Title, got, want)
		}
	}
	if n := g.count(`SELECT count(*) FROM audit WHERE action = 'ticket.assigned' AND subject_id = $1 AND data->>'person' = '0'`, theirs.ID); n != 1 {
		t.Errorf("the trail tells %d times that nobody looks after it", n)
	}
	if n := g.count(`SELECT count(*) FROM tickets WHERE updated_at > (SELECT max(created_at) FROM ticket_messages)`); n != 0 {
		t.Errorf("%d tickets moved up in the association's list, to which nothing happened", n)
	}
	member.get(g.desk()).is(http.StatusNotFound)
	member.get(at(theirs)).is(http.StatusNotFound)
	member.upload(at(theirs)+"/messages", values("form_key", key, "body", "Encore moi.")).is(http.StatusNotFound)
	member.get("/lien/ticket/" + link).is(http.StatusNotFound)
	member.post("/lien/ticket/"+link, values("choix", "resoudre")).is(http.StatusNotFound)
	if _, _, err := g.tickets.ReplyTo(ctx, reply); !problem.Is(err, problem.NotFound) {
		t.Errorf("the reply address: %v", err)
	}
	if n := g.count(`SELECT count(*) FROM tickets WHERE id = $1 AND state = 'new'`, theirs.ID); n != 1 {
		t.Error("the ticket has changed")
	}
	manager.get(at(theirs)).is(http.StatusOK).silent("Noé Lambert")
}

// TestAssignedWhileTakenOut gives somebody a ticket in the moment in which they are taken out.
func TestAssignedWhileTakenOut(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.linked()
	k := g.asked("0123456789abcdef0123456789abcdef", "L'agenda", false)
	tx, err := g.pool.Begin(t.Context())
	g.must(err)
	_, err = tx.Exec(t.Context(), `UPDATE tickets SET assignee_id = $2 WHERE id = $1`, k.ID, g.member.ID)
	g.must(err)
	done := make(chan error)
	go func() { done <- g.directory.RemoveMember(t.Context(), g.org.PublicID, g.member.ID, g.manager) }()
	for g.count(`SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = current_database()`) == 0 {
		runtime.Gosched()
	}
	g.must(tx.Commit(t.Context()))
	g.must(<-done)
	if who := g.assignee(k); who != 0 {
		t.Errorf("the ticket is looked after by %d, who is no member any more", who)
	}
}
