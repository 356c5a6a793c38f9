package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support/inbox"
	"nichoir/internal/support/tickets"
)

// TestTicketLinks: a mailed link shows on GET, acts on POST, and tells no more than number, kind and state.
func TestTicketLinks(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.linked()
	ticket := g.asked("form-key-of-a-ticket-1", "Le titre secret", false)
	nobody := g.visitor()
	member := "/lien/ticket/" + g.mint(identity.PurposeTicket, ticket.ID, g.member.Email)
	lead := "/lien/ticket/" + g.mint(identity.PurposeTicket, ticket.ID, g.lead.Email)
	private := []string{"Le titre secret", "téléphones", "Canards", "Lou", "Noé", "Boîte"}
	for range 3 { // mail scanners look more than once
		page := nobody.get(member+"?choix=escalader").is(http.StatusOK).says("n° 1001", "Formation et prise en main", "Nouveau", "Confier à l’équipe")
		page.silent(private...)
		if first := page.doc().Find("button[name=choix]").First().AttrOr("value", ""); first != "escalader" {
			t.Errorf("the first button does %q", first)
		}
	}
	nobody.get(lead + "?choix=escalader").is(http.StatusOK).silent(private...).silent(`value="escalader"`)
	if got := g.ticketState(ticket); got != tickets.Unanswered {
		t.Fatalf("looking made it %s", got)
	}
	nobody.post(member, values("choix", "rien")).leads()
	long := strings.Repeat("a", tickets.BodyMax+1)
	wrong := nobody.post(member, values("choix", "escalader", "note", long)).is(http.StatusUnprocessableEntity)
	if wrong.value("note") != long {
		t.Error("the note is lost")
	}
	for range 2 { // a double click
		done := nobody.post(member, values("choix", "escalader", "note", "Trop dur pour nous.")).leads()
		nobody.get(done).is(http.StatusOK).says("C’est noté", "n° 1001", "Chez l’équipe").silent(private...).silent("Trop dur")
	}
	if n := g.count("SELECT count(*) FROM ticket_messages WHERE body = 'Trop dur pour nous.'"); n != 1 {
		t.Errorf("the note was kept %d times", n)
	}
	nobody.get(member).is(http.StatusGone).says("Ce lien ne sert plus", "n° 1001").silent(private...)
	nobody.post(member, values("choix", "resoudre")).is(http.StatusGone)
	nobody.post(lead, values("choix", "resoudre")).leads()
	if got := g.ticketState(ticket); got != tickets.Solved {
		t.Fatalf("the lead's link left it %s", got)
	}
	late := "/lien/ticket/" + g.mint(identity.PurposeTicket, ticket.ID, g.lead.Email)
	nobody.get(late + "?choix=resoudre").is(http.StatusOK).says("Ce n’est pas résolu").silent(`value="resoudre"`)
	nobody.get(late + "/fait").leads()
	g.clock.turn(31 * 24 * time.Hour)
	nobody.get(late).is(http.StatusGone).says("Ce lien ne sert plus").silent(private...)
	nobody.post(late, values("choix", "rouvrir")).is(http.StatusGone)
	nobody.get("/lien/ticket/inconnu").is(http.StatusNotFound)
	nobody.post("/lien/ticket/inconnu", values("choix", "resoudre")).is(http.StatusNotFound)
	nobody.get("/lien/ticket/inconnu/fait").is(http.StatusNotFound)
	other := g.mint(identity.PurposeSignIn, ticket.ID, g.lead.Email) // the same number, of a person
	nobody.get("/lien/ticket/" + other).is(http.StatusNotFound)
}

func (s *site) ticketState(ticket tickets.Ticket) tickets.State {
	s.t.Helper()
	var state tickets.State
	s.must(s.pool.QueryRow(s.t.Context(), "SELECT state FROM tickets WHERE id = $1", ticket.ID).Scan(&state))
	return state
}

// held is a mail from an unknown address to the reply address of the lead, and the link that was mailed about it.
func (g *wing) held(ticket tickets.Ticket, from, text string) string {
	g.t.Helper()
	out, err := g.inbox.Receive(g.t.Context(), inbox.Letter{
		Place: inbox.Place{Mailbox: "INBOX", UIDValidity: 1, UID: uint32(len(text))}, Raw: []byte(text), Size: int64(len(text)),
		Digest: [32]byte{byte(len(text))}, MessageID: text[:2] + "@ailleurs.example", From: from, Subject: "Re: [Nichoir 1001]", Text: text,
		To: []string{g.tickets.ReplyAddress(ticket.ID, g.lead.ID) + "@reponses.example"},
	})
	g.must(err)
	if out != inbox.Held {
		g.t.Fatalf("the mail is %s", out)
	}
	var id int64
	g.must(g.pool.QueryRow(g.t.Context(), "SELECT max(id) FROM incoming_mails WHERE outcome = 'held'").Scan(&id))
	return "/lien/courriel/" + g.mint(identity.PurposeHeld, id, from)
}

// TestHeldAnswers: an answer from an unknown address goes out once it is known whose it is, or not at all.
func TestHeldAnswers(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	ticket := g.asked("form-key-of-a-ticket-1", "Le titre secret", false)
	v := g.visitor()
	first := g.held(ticket, "lou@ailleurs.example", "Un <b>téléphone</b> Android,\nje crois.")
	for range 2 {
		v.get(first).is(http.StatusOK).says("Votre réponse n’est pas encore partie", "n° 1001", "Un <b>téléphone</b> Android,", "lou@ailleurs.example").
			silent("lou@lescanards.example", "Le titre secret")
	}
	for range 2 {
		done := v.post(first, values("choix", "retenir")).leads()
		v.get(done).is(http.StatusOK).says("Votre réponse est partie")
	}
	v.get(v.get(first).leads()).is(http.StatusOK)
	g.signedIn(g.lead).get(at(ticket)).says("Un <b>téléphone</b> Android,", "par courriel")
	if n := g.count("SELECT count(*) FROM person_addresses WHERE email = 'lou@ailleurs.example'"); n != 1 {
		t.Errorf("the address is remembered %d times", n)
	}
	second := g.held(ticket, "voisin@ailleurs.example", "Ce n'est pas moi qui ai écrit")
	v.post(second, values("choix", "autre")).leads()
	for range 2 {
		v.get(v.post(second, values("choix", "pas-moi")).leads()).is(http.StatusOK).says("Rien n’est parti")
	}
	v.get(second).is(http.StatusGone).silent("qui ai écrit")
	v.post(second, values("choix", "envoyer")).is(http.StatusGone)
	third := g.held(ticket, "ami@ailleurs.example", "Juste cette fois, merci bien")
	v.get(third + "/fait").leads()
	v.post(third, values("choix", "envoyer")).leads()
	if n := g.count("SELECT count(*) FROM person_addresses"); n != 1 {
		t.Errorf("%d addresses are remembered", n)
	}
	if n := g.count("SELECT count(*) FROM ticket_messages WHERE via = 'mail'"); n != 2 {
		t.Errorf("%d answers came by mail", n)
	}
	for _, path := range []string{"", "/fait"} {
		v.get("/lien/courriel/inconnu" + path).is(http.StatusNotFound)
	}
	v.post("/lien/courriel/inconnu", values("choix", "envoyer")).is(http.StatusNotFound)

	var address int64
	g.must(g.pool.QueryRow(t.Context(), "SELECT id FROM person_addresses").Scan(&address))
	forget := "/lien/adresse/" + g.mint(identity.PurposeAddress, address, g.lead.Email)
	for range 2 {
		v.get(forget).is(http.StatusOK).says("lou@ailleurs.example", "Ce n’est pas moi")
	}
	for range 2 {
		v.get(v.post(forget, nil).leads()).is(http.StatusOK).says("est oubliée")
	}
	v.get(forget).is(http.StatusGone).silent("lou@ailleurs.example")
	if n := g.count("SELECT count(*) FROM person_addresses"); n != 0 {
		t.Error("the address is still known")
	}
	v.get("/lien/adresse/inconnu").is(http.StatusNotFound)
	v.post("/lien/adresse/inconnu", nil).is(http.StatusNotFound)
}

// TestTheTeamReadsHowSoonHelpComes in hours of work, which are no days.
func TestTheTeamReadsHowSoonHelpComes(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	ticket := g.asked("form-key-of-a-ticket-1", "Un agenda sans maître", false)
	reviewer := g.staff("sacha@nichoir.example", identity.Reviewer)
	v := g.signedIn(reviewer)
	v.get("/admin/tickets").is(http.StatusOK).says("aucune première réponse depuis 90 jours", "aucune solution depuis 90 jours",
		"depuis le plus ancien ticket sans réponse")
	g.must(g.tickets.Solve(t.Context(), ticket.PublicID, reviewer))
	_, err := g.pool.Exec(t.Context(), `UPDATE tickets SET answer_worked = 26 * 3600`)
	g.must(err)
	v.get("/admin/tickets").says("26 heures de travail jusqu’à la première réponse", "1 minute de travail jusqu’à la solution",
		"aucun ticket sans réponse")
	v.get(at(ticket)).says("Première réponse donnée en 26 heures de travail")
}

// TestTeamsLists: the team sees what nobody looks after, gives it to somebody, and reads what became of mails.
func TestTeamsLists(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	ticket := g.asked("form-key-of-a-ticket-1", "Un agenda sans maître", false)
	reviewer := g.staff("sacha@nichoir.example", identity.Reviewer)
	v := g.signedIn(reviewer)
	page := v.get("/admin/tickets").is(http.StatusOK).says("Un agenda sans maître", "1 sans responsable", "0 en retard", "Les Canards du canal", "personne")
	v.get("/admin/tickets?q=maître").says("Un agenda sans maître")
	v.get("/admin/tickets?q=introuvable").says("Aucun ticket ne correspond")
	v.get("/admin/tickets?vue=en-retard").says("Toutes les promesses sont tenues")
	v.get("/admin/tickets?vue=n-importe-quoi&apres=x").is(http.StatusOK)
	if got := page.doc().Find(`select[name=personne] option[selected]`).AttrOr("value", ""); got != itoa(reviewer.ID) {
		t.Errorf("the first choice is %q", got)
	}
	give := values("id", ticket.PublicID, "personne", itoa(reviewer.ID), "retour", "/admin/tickets?vue=tous")
	for range 2 {
		if to := v.post("/admin/tickets/confier", give).leads(); to != "/admin/tickets?vue=tous" {
			t.Errorf("assigning leads to %s", to)
		}
	}
	v.get("/admin/tickets?vue=tous").says("Sacha")
	v.get("/admin/tickets").says("Chaque ticket de l’équipe a quelqu’un")
	give.Set("personne", itoa(g.lead.ID))
	give.Set("retour", "https://ailleurs.example")
	if to := v.post("/admin/tickets/confier", give).leads(); to != "/admin/tickets" {
		t.Errorf("a foreign address leads to %s", to)
	}
	v.get("/admin/tickets").says("reste comme il est")
	v.post("/admin/tickets/confier", values("personne", itoa(reviewer.ID))).leads()
	v.post("/admin/tickets/confier", values("personne", "x")).is(http.StatusUnprocessableEntity)
	g.clock.turn(20 * 24 * time.Hour)
	v = g.signedIn(g.staff("noor@nichoir.example", identity.Reviewer))
	v.get("/admin/tickets?vue=en-retard").says("Un agenda sans maître", "En retard")

	v.get("/admin/courriels").is(http.StatusOK).says("Tous les courriels ont été compris")
	g.held(ticket, "lou@ailleurs.example", "Une réponse qui attend")
	_, err := g.inbox.Receive(t.Context(), inbox.Letter{Place: inbox.Place{Mailbox: "INBOX", UIDValidity: 1, UID: 9}, Size: 1 << 30,
		Digest: [32]byte{9}, Trouble: "too_large", From: "gros@ailleurs.example", Subject: "Mes <i>vacances</i>", To: []string{"aide@reponses.example"}})
	g.must(err)
	v.get("/admin/courriels").is(http.StatusOK).says("gros@ailleurs.example", "Mes <i>vacances</i>", "Mis de côté")
	v.get("/admin/courriels?vue=retenus").says("lou@ailleurs.example", "n° 1001", "adresse inconnue")
	v.get("/admin/courriels?vue=retours").says("Rien ici")
	_, err = g.inbox.Receive(t.Context(), inbox.Letter{Place: inbox.Place{Mailbox: "INBOX", UIDValidity: 1, UID: 11}, Digest: [32]byte{11}, Automatic: true,
		Failed: []inbox.Failure{{Address: "partie@ailleurs.example", Status: "5.1.1", Permanent: true}}, From: "mailer-daemon@ailleurs.example"})
	g.must(err)
	v.get("/admin/courriels?vue=retours").says("nous ne savons pas duquel").silent("Demandez une autre adresse")
	v.get("/admin/courriels?vue=tous").says("lou@ailleurs.example", "gros@ailleurs.example")
	secret := strings.Repeat("a", 43) // of a link that it quotes
	_, err = g.inbox.Receive(t.Context(), inbox.Letter{Place: inbox.Place{Mailbox: "INBOX", UIDValidity: 1, UID: 10}, Raw: []byte("From: inconnue@ailleurs.example\r\nSubject: <b>\r\n\r\nAidez-nous : https://nichoir.example/lien/activer/" + secret),
		Digest: [32]byte{10}, From: "inconnue@ailleurs.example", Subject: "<b>", To: []string{"aide@reponses.example"}, Text: "Aidez-nous"})
	g.must(err)
	read := func(of string) string { // where the mail of somebody is read
		var id int64
		g.must(g.pool.QueryRow(t.Context(), `SELECT id FROM incoming_mails WHERE sender = $1`, of).Scan(&id))
		return "/admin/courriels/" + itoa(id)
	}
	if n := v.get("/admin/courriels").says("Le lire").doc().Find("a[download]").Length(); n != 1 {
		t.Errorf("%d mails to read, want the stranger's", n)
	}
	raw := v.get(read("inconnue@ailleurs.example")).is(http.StatusOK)
	if h := raw.Header(); raw.Body.String() != "From: inconnue@ailleurs.example\nSubject: <b>\n\nAidez-nous : https://nichoir.example/lien/activer/…\n" || h.Get("Content-Type") != "text/plain; charset=utf-8" ||
		!strings.HasPrefix(h.Get("Content-Disposition"), "attachment") {
		t.Errorf("the mail: %q, %v", raw.Body, h)
	}
	v.get(read("lou@ailleurs.example")).is(http.StatusNotFound)  // held: its author's alone
	v.get(read("gros@ailleurs.example")).is(http.StatusNotFound) // was not fetched
	v.get("/admin/courriels/x").is(http.StatusNotFound)
	g.visitor().get(read("inconnue@ailleurs.example")).is(http.StatusSeeOther)
}
