package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
	"nichoir/internal/web/render"
)

// What a mailed link of a ticket can do, in the address ("?choix=") and in the form.
const (
	choiceSolve    = "resoudre"
	choiceEscalate = "escalader"
	choiceReopen   = "rouvrir"
)

// ticketLinkView is the page behind a mailed link of a ticket. It is shown to whoever has the link, signed in or not: of the
// ticket it tells the number, the kind of help and the state, and no more.
type ticketLinkView struct {
	render.Page

	Header  render.Header
	Choices []linkChoice // what it offers; the one that the mail's reader chose comes first
	Action  string
	SeeAll  string // the whole ticket, behind the sign-in
	Unsent  string // a note that the link can no longer carry
}

// linkChoice is one thing that the link can do.
type linkChoice struct {
	Value  string
	Text   i18n.Message
	Body   i18n.Message
	Note   *render.Field // nil where there is nothing to say
	Chosen bool
}

// showTicketLink shows the button. Mail scanners come here too: nothing is consumed.
func (s *Server) showTicketLink(w http.ResponseWriter, r *http.Request) error {
	v, _, err := s.opts.Tickets.OpenLink(r.Context(), mux.Vars(r)["token"])
	if err != nil {
		return s.ticketLinkOver(w, r, v, err)
	}
	view := s.viewOfTicketLink(r, v, r.URL.Query().Get("choix"))
	return s.show(w, r, http.StatusOK, "ticket/link", view)
}

func (s *Server) viewOfTicketLink(r *http.Request, v tickets.View, first string) *ticketLinkView {
	page := s.page(r, i18n.M("ticket.link.title", "Number", itoa(v.Ticket.ID)))
	page.NoIndex = true
	return &ticketLinkView{
		Page: page, Header: render.Header{Title: page.Title, Lead: kindShort(v.Ticket.Kind), Tag: new(ticketTag(v.Ticket, v.Side))},
		Choices: linkChoices(v, first), Action: page.Href(r.URL.Path),
		SeeAll: page.Href(ticketPath(v.Ticket.PublicID)),
	}
}

// linkChoices are what the link's reader may do now, the chosen one first and alone in front.
func linkChoices(v tickets.View, first string) []linkChoice {
	var out []linkChoice
	add := func(may bool, value, key string) {
		if may {
			out = append(out, linkChoice{
				Value: value, Text: i18n.M("ticket.link." + key), Body: i18n.M("ticket.link." + key + "-body"), Chosen: value == first,
			})
		}
	}
	add(v.MaySolve, choiceSolve, "solve")
	add(v.MayEscalate, choiceEscalate, "escalate")
	add(v.MayReopen, choiceReopen, "reopen")
	for i := range out {
		if out[i].Value == choiceEscalate {
			out[i].Note = new(render.Field{Name: tickets.FieldNote, Label: i18n.M("ticket.hand.note"), Rows: 3,
				Hint: i18n.M("ticket.hand.note-hint"), MaxLength: tickets.BodyMax, Optional: true})
		}
	}
	slices.SortStableFunc(out, func(a, b linkChoice) int {
		switch {
		case a.Chosen == b.Chosen:
			return 0
		case a.Chosen:
			return -1
		default:
			return 1
		}
	})
	if len(out) > 0 {
		out[0].Chosen = true
	}
	return out
}

// actByTicketLink does what the button says.
func (s *Server) actByTicketLink(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	token, choice, note := mux.Vars(r)["token"], typed(r, "choix"), typed(r, tickets.FieldNote)
	act, known := map[string]tickets.Action{
		choiceSolve: tickets.ActSolve, choiceEscalate: tickets.ActEscalate, choiceReopen: tickets.ActReopen,
	}[choice]
	if !known {
		return s.redirect(w, r, "/lien/ticket/"+url.PathEscape(token))
	}
	err := s.opts.Tickets.ActByLink(r.Context(), token, act, note)
	if err == nil {
		return s.redirect(w, r, "/lien/ticket/"+url.PathEscape(token)+"/fait")
	}
	v, _, openErr := s.opts.Tickets.OpenLink(r.Context(), token)
	if p, refused := refusal(err); refused && openErr == nil && (p.Code == problem.Invalid || p.Code == problem.Conflict) {
		view := s.viewOfTicketLink(r, v, choice)
		view.Errors = s.linkErrors(view, note, p)
		return s.show(w, r, statusOf(p.Code), "ticket/link", view)
	}
	return s.ticketLinkOver(w, r, v, err)
}

// linkErrors writes what is wrong beside the note, which is kept as it was typed.
func (s *Server) linkErrors(view *ticketLinkView, note string, p *problem.Error) render.ErrorSummary {
	for i := range view.Choices {
		if field := view.Choices[i].Note; field != nil {
			field.Value = note
			return summarise(mark(p, field), field)
		}
	}
	view.Unsent = note
	return summarise([]i18n.Message{sentence(p)})
}

// showTicketLinkDone says where the ticket stands after the link did its work.
func (s *Server) showTicketLinkDone(w http.ResponseWriter, r *http.Request) error {
	v, link, err := s.opts.Tickets.OpenLink(r.Context(), mux.Vars(r)["token"])
	if link.SpentAt.IsZero() || v.Ticket.ID == 0 {
		if err == nil { // nothing was done yet
			return s.redirect(w, r, "/lien/ticket/"+url.PathEscape(mux.Vars(r)["token"]))
		}
		return s.ticketLinkOver(w, r, v, err)
	}
	page := s.page(r, i18n.M("ticket.link.done"))
	page.NoIndex = true
	return s.show(w, r, http.StatusOK, render.MessagePage, render.MessageView{
		Page: page, Drawing: "nest-box",
		Body:   []i18n.Message{linkStands(v), i18n.M("ticket.link.done-body")},
		Action: render.Link{URL: page.Href(ticketPath(v.Ticket.PublicID)), Text: i18n.M("ticket.link.see")},
	})
}

// linkStands says where the ticket stands now.
func linkStands(v tickets.View) i18n.Message {
	return i18n.M("ticket.link.stands", "Number", itoa(v.Ticket.ID), "State", ticketTag(v.Ticket, v.Side).Text)
}

// ticketLinkOver explains a link that does nothing any more, and leads to where the same can be done.
func (s *Server) ticketLinkOver(w http.ResponseWriter, r *http.Request, v tickets.View, err error) error {
	p, refused := refusal(err)
	switch {
	case !refused:
		return err
	case v.Ticket.ID == 0 && isBadLink(p):
		return s.showBadLink(w, r, p, identity.PurposeTicket)
	case v.Ticket.ID == 0:
		return err
	}
	page := s.page(r, i18n.M("ticket.link.over"))
	page.NoIndex = true
	return s.show(w, r, statusOf(p.Code), render.MessagePage, render.MessageView{
		Page: page, Drawing: "empty-nest",
		Body:   []i18n.Message{sentence(p), linkStands(v), i18n.M("ticket.link.over-body")},
		Action: render.Link{URL: page.Href(ticketPath(v.Ticket.PublicID)), Text: i18n.M("ticket.link.see")},
	})
}
