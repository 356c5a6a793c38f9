package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
	"nichoir/internal/web/render"
)

// say posts a message or a note, and leads to it.
func (s *Server) sayInTicket(w http.ResponseWriter, r *http.Request) error {
	v, err := s.seen(r) // strangers send no files
	if err != nil {
		return err
	}
	in, err := s.readSent(r)
	if err != nil {
		return err
	}
	m := tickets.NewMessage{Key: typed(r, "form_key"), Body: typed(r, tickets.FieldBody), Files: in.files, Via: tickets.ByWeb}
	effect := typed(r, "effet")
	switch effect {
	case effectStay:
		m.Then = tickets.ThenStay
	case effectSolve:
		m.Then = tickets.ThenSolve
	case effectNote:
		m.Internal = true
	}
	if !in.wrong.IsZero() {
		return s.sayAgain(w, r, v, m, effect, in, problem.New(problem.Invalid, "problem.invalid"))
	}
	if s.justSaid(v, m) {
		return s.toLastMessage(w, r, v.Ticket.PublicID)
	}
	if err = s.allowWriting(r, len(in.files)); err == nil {
		err = s.opts.Tickets.Say(r.Context(), v.Ticket.PublicID, m, s.reader(r))
	}
	if err == nil {
		return s.toLastMessage(w, r, v.Ticket.PublicID)
	}
	if p, refused := refusal(err); refused && p.Code != problem.NotFound {
		return s.sayAgain(w, r, v, m, effect, in, p)
	}
	return err
}

// repeatedWithin is how long the same words, sent again by the same person, are taken for the same message.
const repeatedWithin = 15 * time.Minute

// justSaid reports whether the message is the last one of the conversation once more, with nothing left to do. Who goes back
// to the form after sending gets it with a new key, and with the words that the browser kept.
func (s *Server) justSaid(v tickets.View, m tickets.NewMessage) bool {
	if len(v.Messages) == 0 {
		return false
	}
	last := v.Messages[len(v.Messages)-1]
	return last.Internal == m.Internal && s.repeats(last, m.Body, m.Files) && (m.Internal || settled(v, m.Then))
}

// repeats reports whether words and files are those that the same person sent a moment ago.
func (s *Server) repeats(m tickets.Message, body string, files []tickets.File) bool {
	sameFile := func(a, b tickets.File) bool { return a.Name == b.Name && a.Size == int64(len(b.Content)) }
	return m.Own && s.opts.Now().Sub(m.At) <= repeatedWithin && sameWords(m.Body, body) && slices.EqualFunc(m.Files, files, sameFile)
}

// sameWords compares what is kept with what browsers send, whose lines end as those of mails do.
func sameWords(kept, sent string) bool {
	return kept == strings.TrimSpace(strings.ReplaceAll(sent, "\r\n", "\n"))
}

// settled reports whether the ticket is already in the state that such a message leaves it in.
func settled(v tickets.View, then tickets.Then) bool {
	state := v.Ticket.State
	switch {
	case v.Side == tickets.SideSpace:
		return state == tickets.Unanswered || state == tickets.Open
	case then == tickets.ThenStay:
		return state == tickets.Open
	case v.Ticket.Over(): // a last word of helpers leaves it so
		return true
	case then == tickets.ThenSolve:
		return false
	default:
		return state == tickets.Waiting
	}
}

// toLastMessage leads to the last message of the person's own: the one that was just sent.
func (s *Server) toLastMessage(w http.ResponseWriter, r *http.Request, publicID string) error {
	v, err := s.opts.Tickets.See(r.Context(), publicID, s.reader(r))
	if err != nil {
		return err
	}
	path := ticketPath(publicID)
	for _, m := range slices.Backward(v.Messages) {
		if m.Own {
			return s.redirect(w, r, path+"#"+messageAnchor(m.ID))
		}
	}
	return s.redirect(w, r, path)
}

// sayAgain shows the conversation with the form as it was typed.
func (s *Server) sayAgain(
	w http.ResponseWriter, r *http.Request, v tickets.View, m tickets.NewMessage, effect string, in sent, p *problem.Error,
) error {
	view, err := s.viewOfTicket(r, v)
	if err != nil {
		return err
	}
	var whole []i18n.Message
	if form := view.Say; form != nil {
		if form.Key, err = s.keyAgain(m.Key, p); err != nil {
			return err
		}
		form.Body.Value = m.Body
		if form.Effect != nil && effect != "" {
			form.Effect.Value = effect
		}
		form.Files.again(in)
		fields := []*render.Field{&form.Body, &form.Files.Field}
		if in.wrong.IsZero() {
			whole = mark(p, fields...)
		}
		view.Errors = summarise(whole, fields...)
	} else {
		view.Errors.Add(sentence(p))
	}
	return s.show(w, r, in.status(statusOf(p.Code)), "ticket/show", view)
}

// ticketAct is something that is done to a ticket by its public id.
type ticketAct func(ctx context.Context, publicID string, by identity.Person) error

func (s *Server) solveTicket(w http.ResponseWriter, r *http.Request) error {
	return s.actOnTicket(w, r, s.counted(r, s.opts.Tickets.Solve), i18n.M("ticket.done.solved"))
}

func (s *Server) reopenTicket(w http.ResponseWriter, r *http.Request) error {
	return s.actOnTicket(w, r, s.counted(r, s.opts.Tickets.Reopen), i18n.M("ticket.done.reopened"))
}

// stepsPerHour is how many tickets one person may solve, reopen or hand on within an hour: each is a mail to several, as what
// is written is, and to and fro it could go without end.
const stepsPerHour = 60

func (s *Server) allowStep(r *http.Request) error {
	return s.opts.Identity.Allow(r.Context(), "ticket-step", "person "+itoa(s.person(r).ID), stepsPerHour, time.Hour)
}

// counted is an act of which one person has so many within an hour.
func (s *Server) counted(r *http.Request, act ticketAct) ticketAct {
	return func(ctx context.Context, publicID string, by identity.Person) error {
		if err := s.allowStep(r); err != nil {
			return err
		}
		return act(ctx, publicID, by)
	}
}

// actOnTicket does it and leads back to the conversation, which tells what became of it. What the ticket no longer allows is
// said there, too.
func (s *Server) actOnTicket(w http.ResponseWriter, r *http.Request, act ticketAct, done i18n.Message) error {
	v, err := s.seen(r)
	if err != nil {
		return err
	}
	path := ticketPath(v.Ticket.PublicID)
	err = act(r.Context(), v.Ticket.PublicID, s.reader(r))
	if p, refused := refusal(err); refused && p.Code == problem.Conflict {
		return s.warn(w, r, path, sentence(p))
	}
	if err != nil {
		return err
	}
	return s.done(w, r, path, done)
}

// escalateTicket hands a ticket to the team. A second click finds it there and says the same.
func (s *Server) escalateTicket(w http.ResponseWriter, r *http.Request) error {
	return s.handTicket(w, r, s.opts.Tickets.Escalate, i18n.M("ticket.done.escalated"))
}

// handBackTicket gives an escalated ticket back to its provider, or one of the team to the provider that the space has now.
func (s *Server) handBackTicket(w http.ResponseWriter, r *http.Request) error {
	return s.handTicket(w, r, s.opts.Tickets.HandBack, i18n.M("ticket.done.back"))
}

func (s *Server) handTicket(
	w http.ResponseWriter, r *http.Request, hand func(context.Context, string, string, identity.Person) error, done i18n.Message,
) error {
	if err := parse(r); err != nil {
		return err
	}
	note := typed(r, tickets.FieldNote)
	v, err := s.seen(r)
	if err != nil {
		return err
	}
	if err = s.allowStep(r); err == nil {
		err = hand(r.Context(), v.Ticket.PublicID, note, s.reader(r))
	}
	if p, refused := refusal(err); refused && (note != "" || p.Code != problem.Conflict) && p.Code != problem.NotFound {
		return s.handAgain(w, r, note, p)
	}
	return s.actOnTicket(w, r, func(context.Context, string, identity.Person) error { return err }, done)
}

// handAgain shows the note as it was typed, with what is wrong with it; when the ticket has moved on, where it can be sent as a
// note of its own.
func (s *Server) handAgain(w http.ResponseWriter, r *http.Request, note string, p *problem.Error) error {
	v, err := s.seen(r)
	if err != nil {
		return err
	}
	view, err := s.viewOfTicket(r, v)
	if err != nil {
		return err
	}
	switch {
	case view.Hand != nil && p.Code != problem.Conflict:
		view.Hand.Open, view.Hand.Note.Value = true, note
		view.Errors = summarise(mark(p, &view.Hand.Note), &view.Hand.Note)
	case view.Say != nil && view.Say.Effect != nil:
		view.Say.Body.Value, view.Say.Effect.Value = note, effectNote
		view.Errors.Add(i18n.M("ticket.hand.unsent"))
	default:
		return p
	}
	return s.show(w, r, statusOf(p.Code), "ticket/show", view)
}

// assignTicket names who looks after it.
func (s *Server) assignTicket(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	return s.actOnTicket(w, r, func(ctx context.Context, publicID string, by identity.Person) error {
		id, err := strconv.ParseInt(typed(r, "personne"), 10, 64)
		if err != nil {
			return problem.Wrap(problem.Invalid, "problem.form_broken", err)
		}
		return s.opts.Tickets.Assign(ctx, publicID, id, by)
	}, i18n.M("ticket.done.assigned"))
}

// consentTicket lets the provider see the context, or no longer.
func (s *Server) consentTicket(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	on := typed(r, "accord") == "oui"
	done := i18n.M("ticket.done.revoked")
	if on {
		done = i18n.M("ticket.done.consented")
	}
	return s.actOnTicket(w, r, func(ctx context.Context, publicID string, by identity.Person) error {
		return s.opts.Tickets.Consent(ctx, publicID, on, by)
	}, done)
}

// backToTicket answers a GET of an address that only takes forms.
func (s *Server) backToTicket(w http.ResponseWriter, r *http.Request) error {
	return s.redirect(w, r, ticketPath(mux.Vars(r)["id"]))
}
