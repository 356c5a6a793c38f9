package web_test

import (
	"net/http"
	"testing"
)

// TestToAndFroIsNoWayToMailWithoutEnd has somebody solve and reopen a ticket over and over: each time the others get a mail.
func TestToAndFroIsNoWayToMailWithoutEnd(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.linked()
	ticket := g.asked(keyFor("ticket"), "L'agenda partagé", false)
	lead, member := g.signedIn(g.lead), g.signedIn(g.member)
	mails := "SELECT count(*) FROM mails WHERE template IN ('ticket-solved', 'ticket-message') AND recipient = $1"
	before := g.count(mails, g.member.Email)
	for range 40 {
		lead.post(at(ticket)+"/resoudre", nil)
		lead.post(at(ticket)+"/rouvrir", nil)
	}
	if n := g.count(mails, g.member.Email) - before; n != 60 {
		t.Errorf("80 clicks are %d mails, want no more than 60 an hour", n)
	}
	lead.post(at(ticket)+"/resoudre", nil).is(http.StatusTooManyRequests).says("trop d’essais")
	note := "Un réglage du serveur ?"
	for range 60 { // what is done already counts, too: a double click is one more
		member.post(at(ticket)+"/escalader", values("note", note)).leads()
	}
	other := g.asked(keyFor("other"), "Une formation", false)
	again := member.post(at(other)+"/escalader", values("note", note)).is(http.StatusTooManyRequests)
	if again.value("note") != note {
		t.Error("the note is lost")
	}
}
