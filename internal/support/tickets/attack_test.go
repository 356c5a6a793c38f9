package tickets_test

import (
	"strings"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
)

// TestAForgottenSpaceLeavesNothingOfItsMails looks at the mails that came in for its tickets: posted ones, and one that is held.
func TestAForgottenSpaceLeavesNothingOfItsMails(t *testing.T) {
	t.Parallel()
	w := setup(t)
	k := w.open(t)
	for i, outcome := range []string{"posted", "held"} {
		w.exec(t, `INSERT INTO incoming_mails (mailbox, uid_validity, uid, digest, message_id, sender, subject, size, raw, outcome, ticket_id, body)
			VALUES ('INBOX', 1, $1, '\x01', 'id@asso.example', 'lea@asso.example', 'Notre trésorier', 9, 'words', $2, $3, 'words')`,
			i, outcome, k.ID)
	}
	w.exec(t, `INSERT INTO incoming_files (mail_id, name, content) SELECT id, 'bilan.ods', 'x' FROM incoming_mails WHERE outcome = 'held'`)
	w.exec(t, `UPDATE spaces SET state = 'closed', forgotten_at = now(), person_id = NULL WHERE id = $1`, w.space)
	w.tend(t)
	for what, sql := range map[string]string{
		"mails": `SELECT count(*) FROM incoming_mails WHERE raw IS NOT NULL OR sender <> '' OR subject <> '' OR message_id <> '' OR body <> ''`,
		"files": `SELECT count(*) FROM incoming_files`,
		"held":  `SELECT count(*) FROM incoming_mails WHERE outcome = 'held'`,
	} {
		if n := value[int](t, w, sql); n != 0 {
			t.Errorf("%d %s are left", n, what)
		}
	}
}

// TestTheTeamConsentsForNobody opens a ticket in a space's name with a consent that only the association can give.
func TestTheTeamConsentsForNobody(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	form := w.form()
	form.Via, form.Consent = tickets.ByTeam, true
	k := must[tickets.Ticket](t)(w.Open(ctx(), form, w.team))
	if !k.ConsentAt.IsZero() {
		t.Error("the team consented")
	}
	if w.see(t, k, w.anna).Context != nil {
		t.Error("the provider sees the space")
	}
}

// TestTheTeamStaysTheTeamAmongAProvidersMembers has a provider name the team's only person as a member: what it escalates must
// still reach the team.
func TestTheTeamStaysTheTeamAmongAProvidersMembers(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	k := w.open(t)
	w.belongs(t, w.a, w.team)
	if got := w.see(t, k, w.team).Side; got != tickets.SideTeam {
		t.Errorf("the team reads as the %s", got)
	}
	since := w.lastMail(t)
	ok(t, w.Escalate(ctx(), k.PublicID, "", w.anna))
	wantText(t, "mails", w.mails(t, since), "ticket-escalated team")
	line := value[int64](t, w, `SELECT max(id) FROM ticket_messages WHERE ticket_id = $1`, k.ID)
	if got := must[tickets.Post](t)(w.Post(ctx(), line, w.team.Email)).Side; got != tickets.SideTeam {
		t.Errorf("the mail is written for the %s", got)
	}
	_, p, err := w.ReplyTo(ctx(), w.ReplyAddress(k.ID, w.team.ID))
	ok(t, err)
	if p.Side != tickets.SideTeam {
		t.Errorf("its answer is the %s's", p.Side)
	}
	w.say(t, k, "l'équipe regarde", tickets.ThenWait, w.team)
	wantText(t, "said by", value[string](t, w, `SELECT side FROM ticket_messages ORDER BY id DESC LIMIT 1`), "team")
}

// TestAProviderTakenOutOfTheDirectoryIsNobody looks at the time until its links end: the team refused it, and it holds a ticket.
func TestAProviderTakenOutOfTheDirectoryIsNobody(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	form := w.form()
	form.Files = []tickets.File{{Name: "a.txt", Content: []byte("text")}}
	k := must[tickets.Ticket](t)(w.Open(ctx(), form, w.lead))
	file := w.see(t, k, w.anna).Messages[0].Files[0].ID
	w.exec(t, `UPDATE providers SET state = 'paused' WHERE id = $1`, w.a)
	w.say(t, k, "de retour lundi", tickets.ThenStay, w.anna)

	w.exec(t, `UPDATE providers SET state = 'refused' WHERE id = $1`, w.a)
	wantNothing(t, w, k, file, w.anna)
	_, err := w.List(ctx(), tickets.Filter{Provider: w.a}, w.anna)
	wantProblem(t, err, problem.NotFound)
	since := w.lastMail(t)
	w.say(t, k, "et maintenant ?", "", w.lead)
	wantText(t, "mails", w.mails(t, since), "")
	next := w.open(t)
	if next.ProviderID != 0 {
		t.Error("a new ticket is given to who is in the directory no more")
	}
	wantText(t, "mails", w.mails(t, since), "ticket-opened team")
	if to := w.see(t, next, w.team).HandTo; to != "" {
		t.Errorf("the team may hand it to %s", to)
	}
}

// TestATitleIsOfTheTimeBefore looks for it in all that a provider gets which took the ticket over: it was written for another.
func TestATitleIsOfTheTimeBefore(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	k := w.open(t)
	listed := func(f tickets.Filter, by identity.Person) string {
		t.Helper()
		var out []string
		for _, one := range must[[]tickets.Ticket](t)(w.List(ctx(), f, by)) {
			out = append(out, one.Title)
		}
		return strings.Join(out, " | ")
	}
	wantText(t, "the first provider reads", w.see(t, k, w.anna).Ticket.Title, "Former le bureau")
	wantText(t, "and lists", listed(tickets.Filter{Provider: w.a, Text: "bureau"}, w.anna), "Former le bureau")
	w.link(t, w.b, "On a parlé de formation.")
	own := w.form()
	own.Title = "De son temps"
	_ = must[tickets.Ticket](t)(w.Open(ctx(), own, w.lead))

	moved := value[int64](t, w, `SELECT id FROM ticket_messages WHERE ticket_id = $1 ORDER BY id DESC LIMIT 1`, k.ID)
	w.clock.Turn(time.Hour)
	for what, got := range map[string]string{
		"the page":     w.see(t, k, w.bea).Ticket.Title,
		"the mail":     must[tickets.Post](t)(w.Post(ctx(), moved, w.bea.Email)).Ticket.Title,
		"the reminder": must[tickets.Post](t)(w.Reminder(ctx(), k.ID, w.bea.Email, tickets.LetterReminder)).Ticket.Title,
	} {
		if got != "" {
			t.Errorf("%s tells the newcomer %q", what, got)
		}
	}
	wantText(t, "the newcomer lists", listed(tickets.Filter{Provider: w.b}, w.bea), " | De son temps")
	f := tickets.Filter{Provider: w.b, Text: "bureau"}
	wantText(t, "and finds by the words of a title that it does not read", listed(f, w.bea), "")
	if n := len(must[map[tickets.State]int](t)(w.Counts(ctx(), f, w.bea))); n != 0 {
		t.Errorf("%d are counted by those words", n)
	}
	for by, title := range map[identity.Person]string{
		w.lead: w.see(t, k, w.lead).Ticket.Title, w.team: w.see(t, k, w.team).Ticket.Title,
	} {
		wantText(t, by.Name+" reads", title, "Former le bureau")
	}
	wantText(t, "the team lists", listed(f, w.team), "Former le bureau")
	wantText(t, "the space lists", listed(tickets.Filter{SpaceID: w.space, Text: "bureau"}, w.lead), "Former le bureau")
	w.say(t, k, "c'est fait", tickets.ThenSolve, w.bea)
	wantText(t, "the row keeps", value[string](t, w, `SELECT title FROM tickets WHERE id = $1`, k.ID), "Former le bureau")
}

// TestAPastedLinkGivesNobodyItsSecret has a lead ask why links of our mails do not work: whoever reads it could follow them.
func TestAPastedLinkGivesNobodyItsSecret(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	secret := strings.Repeat("aB3_-", 8) + "xyz"
	link := "https://nichoir.example/lien/activer/" + secret
	form := w.form()
	form.Title, form.Body = "Lien : "+link, "Ce lien ne marche pas :\n"+link+"?lang=fr"
	k := must[tickets.Ticket](t)(w.Open(ctx(), form, w.lead))
	ok(t, w.Say(ctx(), k.PublicID, tickets.NewMessage{Key: w.key(), Body: "J'ai écrit à REPLY+1001-" + strings.Repeat("a2", 13) + "@in.example.org"}, w.lead))
	v := w.see(t, k, w.anna)
	if v.Ticket.Title != "Lien : https://nichoir.example/lien/activer/…" {
		t.Errorf("the title is %q", v.Ticket.Title)
	}
	if got, want := w.bodies(t, k, w.anna), "https://nichoir.example/lien/activer/…?lang=fr"; !strings.Contains(got, want) || strings.Contains(got, secret) {
		t.Errorf("the provider reads %q", got)
	}
	if got := w.bodies(t, k, w.anna); !strings.Contains(got, "REPLY+1001-…@in.example.org") {
		t.Errorf("the provider reads %q", got)
	}
	if err := w.Escalate(ctx(), k.PublicID, "Voir "+link, w.anna); err != nil || strings.Contains(w.bodies(t, k, w.team), secret) {
		t.Errorf("the team reads %q (%v)", w.bodies(t, k, w.team), err)
	}
}
