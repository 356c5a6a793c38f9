package inbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support"
	"nichoir/internal/support/inbox"
	"nichoir/internal/support/tickets"
)

// TestNobodySpeaksForTheTeamByItsAddressAlone has everybody who takes part, or knows a Message-ID, write a From of the team.
func TestNobodySpeaksForTheTeamByItsAddressAlone(t *testing.T) {
	t.Parallel()
	for name, forged := range map[string]func(w *world) inbox.Letter{
		"by the lead's reply address": func(w *world) inbox.Letter {
			return w.letter(w.team.Email, w.replyTo(w.lead), "Votre mot de passe, s'il vous plaît.")
		},
		"by the provider's reply address": func(w *world) inbox.Letter {
			return w.letter(w.team.Email, w.replyTo(w.anna), "Payez le prestataire.")
		},
		"by a Message-ID": func(w *world) inbox.Letter {
			l := w.letter(w.team.Email, help, "Votre mot de passe, s'il vous plaît.")
			l.References = []string{w.ticketMail(t, w.anna.Email)}
			return l
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.receive(t, forged(w), inbox.Held)
			same(t, "messages", w.messages(t), "")
			same(t, "mails", w.mails(t), "mail-held "+w.team.Email)
			w.receive(t, w.letter(w.team.Email, w.replyTo(w.team), "C'est bien nous."), inbox.Posted)
			same(t, "messages", w.messages(t), "Tea: C'est bien nous.")
		})
	}
}

// TestNobodySpeaksForAnotherSideByItsAddressAlone has each side write the other's From, by all that it was mailed.
func TestNobodySpeaksForAnotherSideByItsAddressAlone(t *testing.T) {
	t.Parallel()
	for name, forged := range map[string]func(w *world) (inbox.Letter, identity.Person){
		"the provider as the lead, by its reply address": func(w *world) (inbox.Letter, identity.Person) {
			return w.letter(w.lead.Email, w.replyTo(w.anna), "Tout est résolu, merci."), w.lead
		},
		"the lead as the provider, by its reply address": func(w *world) (inbox.Letter, identity.Person) {
			return w.letter(w.anna.Email, w.replyTo(w.lead), "Voici ma facture."), w.anna
		},
		"the provider as the lead's other address": func(w *world) (inbox.Letter, identity.Person) {
			w.exec(t, `INSERT INTO person_addresses (person_id, email) VALUES ($1, 'lea@maison.example')`, w.lead.ID)
			return w.letter("lea@maison.example", w.replyTo(w.anna), "Tout est résolu, merci."), w.lead
		},
		"the provider as the lead, by the Message-ID of a mail that it got": func(w *world) (inbox.Letter, identity.Person) {
			l := w.letter(w.lead.Email, help, "Tout est résolu, merci.")
			l.References = []string{w.ticketMail(t, w.anna.Email)}
			return l, w.lead
		},
		"the provider as the lead, by the Message-ID of a mail that it wrote": func(w *world) (inbox.Letter, identity.Person) {
			said := w.letter(w.anna.Email, w.replyTo(w.anna), "Voici.")
			w.receive(t, said, inbox.Posted)
			l := w.letter(w.lead.Email, help, "Tout est résolu, merci.")
			l.References = []string{said.MessageID}
			return l, w.lead
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			l, whose := forged(w)
			before := w.messages(t)
			w.receive(t, l, inbox.Held)
			same(t, "messages", w.messages(t), before)
			same(t, "mails", w.mails(t), "mail-held "+l.From)
			if id := value[int64](t, w, `SELECT person_id FROM incoming_mails ORDER BY id DESC LIMIT 1`); id != whose.ID {
				t.Errorf("held in the name of %d, want %s", id, whose.Name)
			}
		})
	}
}

// TestTheTeamsHeldWordIsTheTeams releases what somebody of the team wrote to a colleague's reply address.
func TestTheTeamsHeldWordIsTheTeams(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.receive(t, w.letter(w.team.Email, w.replyTo(w.lead), "C'est nous."), inbox.Held)
	done, err := w.Release(ctx(), w.token(t), true)
	ok(t, err)
	if done.Remembered {
		t.Error("the address is somebody's own, and was remembered")
	}
	same(t, "messages", w.messages(t), "Tea: C'est nous.")
}

// TestWhoWasPassedATeamsMailIsNotTheTeam answers a mail of the team's that somebody got passed on: with a link at their own
// address they would speak as the team, and from then on whenever they like.
func TestWhoWasPassedATeamsMailIsNotTheTeam(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.receive(t, w.letter("mallory@evil.example", w.replyTo(w.team), "Votre mot de passe, s'il vous plaît."), inbox.Held)
	same(t, "mails", w.mails(t), "mail-held "+w.team.Email)
	same(t, "messages", w.messages(t), "")
}

// TestTwoProgramsThatAnswerEachOtherEnd lets two answer without a word about being programs.
func TestTwoProgramsThatAnswerEachOtherEnd(t *testing.T) {
	t.Parallel()
	w := setup(t)
	posted := 0
	for range 40 {
		for _, p := range []string{w.anna.Email, w.lead.Email} {
			to := w.replyTo(w.anna)
			if p == w.lead.Email {
				to = w.replyTo(w.lead)
			}
			out, err := w.Receive(ctx(), w.letter(p, to, "Je suis en congé."))
			ok(t, err)
			if out == inbox.Posted {
				posted++
			}
		}
	}
	if posted != 60 {
		t.Errorf("%d messages in a day, want 30 of each", posted)
	}
	same(t, "reason", w.reason(t), inbox.ReasonTooMany)
	w.clock.Turn(25 * time.Hour)
	w.receive(t, w.letter(w.anna.Email, w.replyTo(w.anna), "Me revoilà."), inbox.Posted)
}

// TestAForgedSenderOpensFewTickets floods the help address in a lead's name: each ticket is a mail to several.
func TestAForgedSenderOpensFewTickets(t *testing.T) {
	t.Parallel()
	w := setup(t)
	before := value[int](t, w, `SELECT count(*) FROM tickets`)
	for i := range 15 {
		_, err := w.Receive(ctx(), w.letter(w.lead.Email, help, fmt.Sprintf("Au secours %d", i)))
		ok(t, err)
	}
	if n := value[int](t, w, `SELECT count(*) FROM tickets`) - before; n != 10 {
		t.Errorf("%d tickets opened by mail in a day, want 10", n)
	}
	same(t, "reason", w.reason(t), inbox.ReasonTooMany)
}

// TestAReplyAddressIsNoWayToMailTheWorld has somebody who was passed a mail answer in the name of many addresses.
func TestAReplyAddressIsNoWayToMailTheWorld(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for i := range 40 {
		_, err := w.Receive(ctx(), w.letter(fmt.Sprintf("victim%d@ailleurs.example", i), w.replyTo(w.anna), "Bonjour"))
		ok(t, err)
	}
	if n := value[int](t, w, `SELECT count(*) FROM mails WHERE template = 'mail-held'`); n != 20 {
		t.Errorf("%d mails to strangers, want 20 a day", n)
	}
}

// TestOneMailFillsFewTickets sends one mail to the reply addresses of six.
func TestOneMailFillsFewTickets(t *testing.T) {
	t.Parallel()
	w := setup(t)
	l := w.letter(w.lead.Email, w.replyTo(w.lead), "Voici notre film.")
	l.Files = []inbox.File{{Name: "film.mkv", Content: []byte("film")}}
	for range 5 {
		k := must[tickets.Ticket](t)(w.tickets.Open(ctx(), tickets.NewTicket{
			Key: w.key(), SpaceID: w.space, Kind: support.KindTraining, Title: "Encore", Body: "Encore ?",
		}, w.lead))
		l.To = append(l.To, w.tickets.ReplyAddress(k.ID, w.lead.ID)+"@"+domain)
	}
	w.receive(t, l, inbox.SetAside)
	same(t, "reason", w.reason(t), inbox.ReasonTooMany)
	same(t, "mails", w.mails(t), "mail-refused "+w.lead.Email)
	if n := value[int](t, w, `SELECT count(*) FROM ticket_attachments`); n != 0 {
		t.Errorf("%d files are kept", n)
	}
	again := w.letter(w.lead.Email, w.replyTo(w.lead), "Voici.")
	again.To = l.To[:5]
	w.receive(t, again, inbox.Posted)
}

// TestStrangersFillNoDatabase sends large mails that become nothing, and one that becomes a ticket.
func TestStrangersFillNoDatabase(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for want, l := range map[inbox.Outcome]inbox.Letter{
		inbox.SetAside:  w.letter("mallory@evil.example", help, "Gros"),
		inbox.AutoReply: {Automatic: true, From: "mallory@evil.example"},
		inbox.Opened:    w.letter(w.lead.Email, help, "Une capture"),
	} {
		w.uid++
		l.Place.UID = w.uid
		l.Raw = make([]byte, 1<<20+1)
		l.Digest[0] = byte(w.uid)
		w.receive(t, l, want)
		if kept := value[bool](t, w, `SELECT raw IS NOT NULL FROM incoming_mails ORDER BY id DESC LIMIT 1`); kept != (want == inbox.Opened) {
			t.Errorf("%s: kept as it came: %t", want, kept)
		}
	}
}

// TestABounceWithHostileFieldsIsKept sends what PostgreSQL cannot hold where a mail names the one that came back.
func TestABounceWithHostileFieldsIsKept(t *testing.T) {
	t.Parallel()
	w := setup(t)
	l := w.letter("mailer-daemon@mx.example", help, "x")
	l.Failed = []inbox.Failure{{Address: "a\x00@b.example", Status: "5.1.1\xff", Permanent: true, MessageID: "\x00\xff@x"}}
	w.receive(t, l, inbox.Bounce)
	same(t, "reason", w.reason(t), inbox.ReasonUnmatched)
}

// TestAStrangersAddressIsForgotten looks for it where our own mails are kept.
func TestAStrangersAddressIsForgotten(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.receive(t, w.letter("lou@ailleurs.example", help, "Bonjour"), inbox.SetAside)
	w.receive(t, w.letter("lou@ailleurs.example", w.replyTo(w.anna), "Moi"), inbox.Held)
	for range 2 { // what is held too long is dropped, and what was dropped is forgotten
		w.clock.Turn(31 * 24 * time.Hour)
		must[int](t)(w.Tend(ctx()))
	}
	if n := value[int](t, w, `SELECT count(*) FROM mails WHERE recipient = 'lou@ailleurs.example'`); n != 0 {
		t.Errorf("%d mails still name a stranger", n)
	}
}

func TestAnAnswerThatQuotesOurMailGivesNobodyItsLinks(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token, _, err := w.id.MintLink(ctx(), identity.PurposeTicket, w.ticket.ID, w.anna.Email, "fr")
	ok(t, err)
	text := "> À : Nichoir <" + w.replyTo(w.anna) + ">\n> Résoudre : https://nichoir.example/lien/ticket/" + token + "?choix=resoudre\n" +
		"> Confier : <https://eur01.example/?url=https%3A%2F%2Fnichoir.example%2Flien%2Fticket%2F" + token + "%3Fchoix%3Descalader&data=x>\n\nC'est fait."
	w.receive(t, w.letter(w.anna.Email, w.replyTo(w.anna), text), inbox.Posted)
	same(t, "messages", w.messages(t), "anna: > À : Nichoir <reply+1001-…@"+domain+">\n> Résoudre : https://nichoir.example/lien/ticket/…?choix=resoudre\n"+
		"> Confier : <https://eur01.example/?url=https%3A%2F%2Fnichoir.example%2Flien%2Fticket%2F…%3Fchoix%3Descalader&data=x>\n\nC'est fait.")
	w.receive(t, w.letter("lou@ailleurs.example", w.replyTo(w.anna), text), inbox.Held)
	if body := value[string](t, w, `SELECT body FROM incoming_mails ORDER BY id DESC LIMIT 1`); strings.Contains(body, token) {
		t.Error("what is held still tells the link")
	}
}
