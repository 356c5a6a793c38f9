package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"nichoir/internal/identity"
	"nichoir/internal/support"
	"nichoir/internal/support/inbox"
	"nichoir/internal/support/tickets"
)

// Every row of the table of decisions in STATES.md.
func TestEachMailBecomesWhatItIs(t *testing.T) {
	t.Parallel()
	const stranger = "lou@ailleurs.example"
	png := inbox.File{Name: "../écran.png", Content: []byte("\x89PNG\r\n\x1a\n")}
	tests := []struct {
		name     string
		letter   func(w *world) inbox.Letter
		want     inbox.Outcome
		reason   string
		messages string // of the ticket
		mails    string
	}{
		{"the provider answers", func(w *world) inbox.Letter { return w.letter(w.anna.Email, w.replyTo(w.anna), "Voici.") },
			inbox.Posted, "", "anna: Voici.", ""},
		{"in capitals", func(w *world) inbox.Letter { return w.letter(upper(w.anna.Email), upper(w.replyTo(w.anna)), "Voici.") },
			inbox.Posted, "", "anna: Voici.", ""},
		{"the lead answers", func(w *world) inbox.Letter { return w.letter(w.lead.Email, w.replyTo(w.lead), "Merci !") },
			inbox.Posted, "", "lea: Merci !", ""},
		{"from another address of theirs", func(w *world) inbox.Letter {
			return w.letter("anna@maison.example", w.replyTo(w.anna), "Voici.")
		}, inbox.Posted, "", "anna: Voici.", ""},
		{"a colleague answers the mail of another", func(w *world) inbox.Letter { return w.letter(w.aldo.Email, w.replyTo(w.anna), "Moi.") },
			inbox.Posted, "", "aldo: Moi.", ""},
		{"files alone", func(w *world) inbox.Letter {
			l := w.letter(w.anna.Email, w.replyTo(w.anna), "")
			l.Files = []inbox.File{png}
			return l
		}, inbox.Posted, "", "anna:  (1)", ""},
		{"an answer to a closed ticket", func(w *world) inbox.Letter {
			w.close(t)
			return w.letter(w.lead.Email, w.replyTo(w.lead), "Encore.")
		}, inbox.Posted, "", "lea: Encore.", ""},
		{"an answer from an unknown address", func(w *world) inbox.Letter { return w.letter(stranger, w.replyTo(w.anna), "Moi !") },
			inbox.Held, "", "", "mail-held " + stranger},
		{"an answer from an address that nobody reads", func(w *world) inbox.Letter {
			return w.letter("no-reply@outil.example", w.replyTo(w.anna), "Moi !")
		}, inbox.Held, "", "", "mail-held anna@example.org"},
		{"an answer of a former provider to its own address", func(w *world) inbox.Letter {
			to := w.replyTo(w.anna)
			w.link(t, w.b)
			return w.letter(w.anna.Email, to, "Trop tard.")
		}, inbox.SetAside, inbox.ReasonNotYours, "", "mail-refused anna@example.org"},
		{"a forged token of somebody known", func(w *world) inbox.Letter {
			return w.letter(w.anna.Email, fmt.Sprintf("reply+%d-%s@%s", w.ticket.ID, strings.Repeat("a", 26), domain), "Hé")
		}, inbox.SetAside, inbox.ReasonNotYours, "", "mail-refused anna@example.org"},
		{"a forged token of a stranger", func(w *world) inbox.Letter {
			return w.letter(stranger, fmt.Sprintf("reply+%d-%s@%s", w.ticket.ID, strings.Repeat("a", 26), domain), "Hé")
		}, inbox.SetAside, inbox.ReasonNotYours, "", ""},
		{"another ticket's number with this one's token", func(w *world) inbox.Letter {
			to := strings.Replace(w.replyTo(w.anna), fmt.Sprint(w.ticket.ID), fmt.Sprint(w.ticket.ID+1), 1)
			return w.letter(w.anna.Email, to, "Hé")
		}, inbox.SetAside, inbox.ReasonNotYours, "", "mail-refused anna@example.org"},
		{"a reply address of another domain", func(w *world) inbox.Letter {
			return w.letter(stranger, w.tickets.ReplyAddress(w.ticket.ID, w.anna.ID)+"@elsewhere.example", "Hé")
		}, inbox.SetAside, inbox.ReasonUnknown, "", "mail-unknown " + stranger},
		{"without reply address, but in the conversation", func(w *world) inbox.Letter {
			l := w.letter(w.anna.Email, help, "Voici.")
			l.References = []string{"other@x.example", w.ticketMail(t, w.anna.Email)}
			return l
		}, inbox.Posted, "", "anna: Voici.", ""},
		{"in the conversation, by a mail of their own", func(w *world) inbox.Letter {
			first := w.letter(w.lead.Email, w.replyTo(w.lead), "Et aussi…")
			w.receive(t, first, inbox.Posted)
			l := w.letter(w.lead.Email, help, "…ceci.")
			l.References = []string{first.MessageID}
			return l
		}, inbox.Posted, "", "lea: Et aussi…; lea: …ceci.", ""},
		{"a stranger who knows a Message-ID", func(w *world) inbox.Letter {
			l := w.letter(stranger, help, "Moi !")
			l.References = []string{w.ticketMail(t, w.anna.Email)}
			return l
		}, inbox.SetAside, inbox.ReasonUnknown, "", "mail-unknown " + stranger},
		{"help for one space", func(w *world) inbox.Letter { return w.letter(w.lead.Email, help, "Au secours") }, inbox.Opened, "", "", ""},
		{"help for one of several spaces", func(w *world) inbox.Letter { return w.letter(w.busy.Email, help, "Au secours") },
			inbox.SetAside, inbox.ReasonWhich, "", "mail-which boris@example.org"},
		{"a provider's member about nothing", func(w *world) inbox.Letter { return w.letter(w.bea.Email, help, "Bonjour") },
			inbox.SetAside, inbox.ReasonNoTicket, "", "mail-which bea@example.org"},
		{"a stranger", func(w *world) inbox.Letter { return w.letter(stranger, help, "Bonjour") },
			inbox.SetAside, inbox.ReasonUnknown, "", "mail-unknown " + stranger},
		{"a stranger that is a machine", func(w *world) inbox.Letter { return w.letter("no-reply@shop.example", help, "Soldes") },
			inbox.SetAside, inbox.ReasonUnknown, "", ""},
		{"a holiday notice", func(w *world) inbox.Letter {
			l := w.letter(w.anna.Email, w.replyTo(w.anna), "Je suis absente.")
			l.Automatic = true
			return l
		}, inbox.AutoReply, "", "", ""},
		{"a holiday notice to the sender of the envelope", func(w *world) inbox.Letter { // RFC 3834 §4
			id := value[int64](t, w, `SELECT min(id) FROM mails`)
			l := w.letter(w.anna.Email, inbox.BounceAddress([]byte("key of the bounces"), id)+"@"+domain, "Je suis absente.")
			l.Automatic = true
			return l
		}, inbox.AutoReply, "", "", ""},
		{"an answer that went through a list", func(w *world) inbox.Letter { // some associations write from one
			l := w.letter(w.lead.Email, w.replyTo(w.lead), "Merci !")
			l.Listed = true
			return l
		}, inbox.Posted, "", "lea: Merci !", ""},
		{"an answer from another address of theirs through a list", func(w *world) inbox.Letter {
			l := w.letter("anna@maison.example", w.replyTo(w.anna), "Voici.")
			l.Listed = true
			return l
		}, inbox.Posted, "", "anna: Voici.", ""},
		{"a colleague's answer through a list", func(w *world) inbox.Letter {
			l := w.letter(w.aldo.Email, w.replyTo(w.anna), "Moi.")
			l.Listed = true
			return l
		}, inbox.Posted, "", "aldo: Moi.", ""},
		{"an automatic answer through a list", func(w *world) inbox.Letter {
			l := w.letter(w.lead.Email, w.replyTo(w.lead), "Je suis absente.")
			l.Listed, l.Automatic = true, true
			return l
		}, inbox.AutoReply, "", "", ""},
		{"the other side through a list", func(w *world) inbox.Letter {
			l := w.letter(w.lead.Email, w.replyTo(w.anna), "Merci !")
			l.Listed = true
			return l
		}, inbox.SetAside, inbox.ReasonListed, "", ""},
		{"somebody of the team through a list, by the provider's reply address", func(w *world) inbox.Letter {
			l := w.letter(w.team.Email, w.replyTo(w.anna), "Payez.")
			l.Listed = true
			return l
		}, inbox.SetAside, inbox.ReasonListed, "", ""},
		{"a stranger through a list, by a reply address", func(w *world) inbox.Letter {
			l := w.letter(stranger, w.replyTo(w.anna), "Moi !")
			l.Listed = true
			return l
		}, inbox.SetAside, inbox.ReasonListed, "", ""},
		{"a list to the help address", func(w *world) inbox.Letter {
			l := w.letter(w.lead.Email, help, "La lettre du mois")
			l.Listed = true
			return l
		}, inbox.AutoReply, "", "", ""},
		{"a list in the conversation", func(w *world) inbox.Letter {
			l := w.letter(w.anna.Email, help, "Voici.")
			l.Listed, l.References = true, []string{w.ticketMail(t, w.anna.Email)}
			return l
		}, inbox.AutoReply, "", "", ""},
		{"our own mail", func(w *world) inbox.Letter {
			l := w.letter(w.anna.Email, w.replyTo(w.anna), "Bonjour")
			l.Ours = true
			return l
		}, inbox.Loop, "", "", ""},
		{"from our own address", func(w *world) inbox.Letter { return w.letter(upper(help), help, "Bonjour") }, inbox.Loop, "", "", ""},
		{"from a reply address", func(w *world) inbox.Letter { return w.letter(w.replyTo(w.anna), help, "Bonjour") }, inbox.Loop, "", "", ""},
		{"too large, of somebody known", func(w *world) inbox.Letter {
			l := w.letter(w.anna.Email, w.replyTo(w.anna), "")
			l.Raw, l.Trouble = nil, inbox.ReasonTooLarge
			return l
		}, inbox.SetAside, inbox.ReasonTooLarge, "", "mail-refused anna@example.org"},
		{"malformed, of a stranger", func(w *world) inbox.Letter {
			l := w.letter(stranger, w.replyTo(w.anna), "")
			l.Trouble = "malformed"
			return l
		}, inbox.SetAside, "malformed", "", ""},
		{"malformed, of nobody", func(w *world) inbox.Letter {
			l := w.letter("", help, "")
			l.Trouble = "malformed"
			return l
		}, inbox.SetAside, "malformed", "", ""},
		{"of nobody", func(w *world) inbox.Letter { return w.letter("", w.replyTo(w.anna), "Bonjour") },
			inbox.SetAside, inbox.ReasonNoSender, "", ""},
		{"of nothing", func(w *world) inbox.Letter { return w.letter(w.anna.Email, w.replyTo(w.anna), " \u200b\n ") },
			inbox.SetAside, inbox.ReasonEmpty, "", "mail-refused anna@example.org"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.exec(t, `INSERT INTO person_addresses (person_id, email) VALUES ($1, 'Anna@Maison.example')`, w.anna.ID)
			l := tt.letter(w)
			w.receive(t, l, tt.want)
			same(t, "reason", w.reason(t), tt.reason)
			same(t, "messages", w.messages(t), tt.messages)
			same(t, "mails", w.mails(t), tt.mails)
			if !w.keeps(t, l.Place) {
				t.Error("the mail is not kept")
			}
		})
	}
}

func TestAMailToTwoTicketsReachesBoth(t *testing.T) {
	t.Parallel()
	w := setup(t)
	second := must[tickets.Ticket](t)(w.tickets.Open(ctx(), tickets.NewTicket{
		Key: w.key(), SpaceID: w.space, Kind: support.KindTraining, Title: "Et encore", Body: "Comment ?",
	}, w.lead))
	third := must[tickets.Ticket](t)(w.tickets.Open(ctx(), tickets.NewTicket{
		Key: w.key(), SpaceID: w.space, Kind: support.KindTraining, Title: "Et aussi", Body: "Quand ?",
	}, w.lead))
	at := func(ticket tickets.Ticket, p identity.Person) string {
		return w.tickets.ReplyAddress(ticket.ID, p.ID) + "@" + domain
	}
	said := func() string {
		return value[string](t, w, `SELECT coalesce(string_agg(l.ticket_id - $1 || ' ' || p.name || ': ' || l.body, ', ' ORDER BY l.ticket_id, l.id), '')
			FROM ticket_messages l JOIN people p ON p.id = l.author_id WHERE l.via = 'mail'`, w.ticket.ID)
	}
	l := w.letter(w.anna.Email, at(second, w.anna), "Voici.")
	// The colleague's address of the first ticket is believed, the other side's of the third is not; a forged one means nothing.
	l.To = append(l.To, w.replyTo(w.lead), w.replyTo(w.aldo), at(third, w.lead), "reply+1-"+strings.Repeat("a", 26)+"@"+domain)
	w.receive(t, l, inbox.Held)
	same(t, "messages", said(), "0 anna: Voici., 1 anna: Voici.")
	same(t, "mails", w.mails(t), "mail-held anna@example.org")
	w.receive(t, l, inbox.Held) // once more
	again := l
	again.Place.UIDValidity++
	w.receive(t, again, inbox.Duplicate)
	token, _, err := w.id.MintLink(ctx(), identity.PurposeHeld, value[int64](t, w, `SELECT id FROM incoming_mails WHERE outcome = 'held'`), w.anna.Email, "fr")
	ok(t, err)
	must[inbox.HeldMail](t)(w.Release(ctx(), token, false))
	same(t, "messages", said(), "0 anna: Voici., 1 anna: Voici., 2 anna: Voici.")
}

func (w *world) close(t *testing.T) {
	t.Helper()
	ok(t, w.tickets.Solve(ctx(), w.ticket.PublicID, w.anna))
	w.clock.Turn(20 * 24 * time.Hour)
	must[int](t)(w.tickets.Tend(ctx(), 10))
	same(t, "state", value[string](t, w, `SELECT state FROM tickets WHERE id = $1`, w.ticket.ID), "closed")
}

// ticketMail is the Message-ID of a mail about the ticket.
func (w *world) ticketMail(t *testing.T, to string) string {
	t.Helper()
	return value[string](t, w, `SELECT message_id FROM mails WHERE template LIKE 'ticket-%' AND recipient = $1 ORDER BY id LIMIT 1`, to)
}

func TestTheSameMailIsOneMessageHoweverOftenItComes(t *testing.T) {
	t.Parallel()
	w := setup(t)
	l := w.letter(w.anna.Email, w.replyTo(w.anna), "Voici.")
	w.receive(t, l, inbox.Posted)
	w.receive(t, l, inbox.Posted) // what became of it, and nothing more
	renumbered := l
	renumbered.Place = inbox.Place{Mailbox: "INBOX", UIDValidity: 8, UID: 1}
	w.receive(t, renumbered, inbox.Duplicate)
	w.receive(t, renumbered, inbox.Duplicate)
	same(t, "messages", w.messages(t), "anna: Voici.")
	if n := value[int](t, w, `SELECT count(*) FROM incoming_mails WHERE ticket_message_id IS NOT NULL`); n != 2 {
		t.Errorf("%d rows tell of the message, want both", n)
	}
}

func TestTheSameMailAtTheSameTimeIsOneMessage(t *testing.T) {
	t.Parallel()
	w := setup(t)
	l := w.letter(w.anna.Email, w.replyTo(w.anna), "Voici.")
	other := l
	other.Place.UIDValidity++
	var done sync.WaitGroup
	for _, one := range []inbox.Letter{l, l, other, other} {
		done.Go(func() {
			if _, err := w.Receive(ctx(), one); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	same(t, "messages", w.messages(t), "anna: Voici.")
}

// crashing dies at the end of a transaction, or at the mail's row.
type crashing struct {
	inbox.Store

	atRow bool
}

var errCrash = errors.New("killed")

func (c crashing) InTx(ctx context.Context, fn func(inbox.Tx) error) error {
	return c.Store.InTx(ctx, func(tx inbox.Tx) error {
		if c.atRow {
			return fn(crashingTx{tx})
		}
		if err := fn(tx); err != nil {
			return err
		}
		return errCrash
	})
}

type crashingTx struct{ inbox.Tx }

func (crashingTx) EndMail(context.Context, int64, inbox.End) error { return errCrash }

func TestACrashLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	for _, atRow := range []bool{true, false} {
		t.Run(fmt.Sprintf("at the row %v", atRow), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			dying := w.opts
			dying.Store = crashing{w.db.Inbox(), atRow}
			answer := w.letter(w.anna.Email, w.replyTo(w.anna), "Voici.")
			question := w.letter(w.lead.Email, help, "Au secours")
			foreign := w.letter("lou@ailleurs.example", w.replyTo(w.anna), "Moi !")
			for _, l := range []inbox.Letter{answer, question, foreign} {
				if _, err := inbox.New(dying).Receive(ctx(), l); !errors.Is(err, errCrash) {
					t.Fatalf("error %v, want the crash", err)
				}
				if w.keeps(t, l.Place) {
					t.Error("the mail is kept and nothing became of it")
				}
			}
			same(t, "messages after the crash", w.messages(t), "")
			same(t, "mails after the crash", w.mails(t), "")
			w.receive(t, answer, inbox.Posted)
			w.receive(t, question, inbox.Opened)
			w.receive(t, foreign, inbox.Held)
			same(t, "messages", w.messages(t), "anna: Voici.")
			same(t, "mails", w.mails(t), "mail-held lou@ailleurs.example")
			if n := value[int](t, w, `SELECT count(*) FROM tickets`); n != 2 {
				t.Errorf("%d tickets, want 2", n)
			}
		})
	}
}

func TestAMailToTheHelpAddressBecomesATicket(t *testing.T) {
	t.Parallel()
	w := setup(t)
	l := w.letter(w.lead.Email, help, "Bonjour,\nl'agenda ne s'ouvre plus.")
	l.Subject = "Re: TR : L'agenda\t est vide"
	w.receive(t, l, inbox.Opened)
	got := value[string](t, w, `SELECT title || '/' || kind || '/' || opened_via || '/' || (consent_at IS NULL) FROM tickets ORDER BY id DESC LIMIT 1`)
	same(t, "ticket", got, "L'agenda est vide/advice/mail/true")
	l = w.letter(w.lead.Email, help, "Sans objet cette fois")
	l.Subject = "Re:"
	w.receive(t, l, inbox.Opened)
	same(t, "title", value[string](t, w, `SELECT title FROM tickets ORDER BY id DESC LIMIT 1`), "Sans objet cette fois")
}

func TestAMailOfAClosingSpaceReachesTheTeam(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.exec(t, `UPDATE spaces SET state = 'closing' WHERE id = $1`, w.space)
	w.receive(t, w.letter(w.lead.Email, help, "Gardez nos fichiers"), inbox.Opened)
	if n := value[int](t, w, `SELECT count(*) FROM mails m JOIN tickets t ON t.provider_id IS NULL
		JOIN ticket_messages l ON l.ticket_id = t.id AND l.id = m.ref_id WHERE m.recipient = $1`, w.team.Email); n != 1 {
		t.Errorf("the team got %d mails", n)
	}
	w.receive(t, w.letter(w.lead.Email, w.replyTo(w.lead), "Et celle-ci"), inbox.Posted)
	w.exec(t, `UPDATE spaces SET state = 'closed' WHERE id = $1`, w.space)
	w.receive(t, w.letter(w.lead.Email, w.replyTo(w.lead), "Et après"), inbox.Posted)
	same(t, "messages", w.messages(t), "lea: Et celle-ci; lea: Et après")
}

func TestWhatIsTooMuchIsCutWithAWord(t *testing.T) {
	t.Parallel()
	w := setup(t)
	l := w.letter(w.anna.Email, w.replyTo(w.anna), strings.Repeat("é", tickets.BodyMax+5))
	for i := range tickets.FilesMax + 2 {
		l.Files = append(l.Files, inbox.File{Name: fmt.Sprintf("%d.txt", i), Content: []byte("x")})
	}
	l.Files = append(l.Files[:1:1], append([]inbox.File{{Name: "gros", Content: make([]byte, tickets.FileMax+1)}}, l.Files[1:]...)...)
	w.receive(t, l, inbox.Posted)
	body := value[string](t, w, `SELECT body FROM ticket_messages WHERE via = 'mail'`)
	if n := utf8.RuneCountInString(body); n > tickets.BodyMax || !strings.HasSuffix(body, "\n\nincomplete, fr") {
		t.Errorf("%d characters that end in %q", n, body[len(body)-60:])
	}
	if n := value[int](t, w, `SELECT count(*) FROM ticket_attachments`); n != tickets.FilesMax {
		t.Errorf("%d files", n)
	}
}

func TestStrangersGetOneMailADayAndAllTogetherFew(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for range 3 {
		w.receive(t, w.letter("Lou@ailleurs.example", help, "Bonjour"), inbox.SetAside)
	}
	same(t, "mails", w.mails(t), "mail-unknown Lou@ailleurs.example")
	w.clock.Turn(25 * time.Hour)
	w.receive(t, w.letter("lou@ailleurs.example", help, "Bonjour"), inbox.SetAside)
	same(t, "mails a day later", w.mails(t), "mail-unknown Lou@ailleurs.example, mail-unknown lou@ailleurs.example")
	for i := range 60 {
		w.receive(t, w.letter(fmt.Sprintf("spam%d@ailleurs.example", i), help, "Bonjour"), inbox.SetAside)
	}
	if n := value[int](t, w, `SELECT count(*) FROM mails WHERE template = 'mail-unknown'`); n != 51 {
		t.Errorf("%d mails to strangers, want 50 in an hour", n)
	}
}

func TestOneAddressHoldsFewAnswersADay(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for range 10 {
		w.receive(t, w.letter("lou@ailleurs.example", w.replyTo(w.anna), "Moi"), inbox.Held)
	}
	w.receive(t, w.letter("lou@ailleurs.example", w.replyTo(w.anna), "Moi"), inbox.SetAside)
	same(t, "reason", w.reason(t), inbox.ReasonTooMany)
}

func TestHostileFieldsAreKept(t *testing.T) {
	t.Parallel()
	w := setup(t)
	l := w.letter(w.anna.Email, w.replyTo(w.anna), "a\x00b\xff\u202ec")
	l.Subject, l.MessageID, l.FromName = strings.Repeat("\x00é", 500), strings.Repeat("x", 5000), "\xff\x00"
	l.References = []string{"\x00", strings.Repeat("y", 9000)}
	l.Files = []inbox.File{{Name: "\x00\xff/..\\evil\u202egnp.exe", Content: nil}}
	w.receive(t, l, inbox.Posted)
	same(t, "messages", w.messages(t), "anna: abc (1)")
	foreign := w.letter("lou\x00@ailleurs.example", w.replyTo(w.anna), "x")
	foreign.Files = l.Files
	w.receive(t, foreign, inbox.Held)
	refused := w.letter(w.anna.Email, w.replyTo(w.anna), "x")
	refused.Trouble = "\x00odd\xff"
	w.receive(t, refused, inbox.SetAside)
}
