package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/inbox"
	"nichoir/internal/web/render"
)

// What can be done about a held answer, in the form.
const (
	heldRemember = "retenir"
	heldOnce     = "envoyer"
	heldDrop     = "pas-moi"
)

// heldView shows an answer that came from an address that we do not know, to who has the link that was mailed there.
type heldView struct {
	render.Page

	Header render.Header
	Name   string // whom the answer is from if it is theirs; "" when no name is known
	Sender string
	Text   string
	Files  int
	At     time.Time
	Action string
}

// showHeld shows what was held, with its buttons. Mail scanners come here too: nothing is consumed.
func (s *Server) showHeld(w http.ResponseWriter, r *http.Request) error {
	m, err := s.opts.Inbox.OpenHeld(r.Context(), mux.Vars(r)["token"])
	if err != nil {
		return s.heldOver(w, r, m, err)
	}
	if m.Done {
		return s.redirect(w, r, heldPath(r)+"/fait")
	}
	page := s.page(r, i18n.M("ticket.held.title"))
	page.NoIndex = true
	return s.show(w, r, http.StatusOK, "ticket/held", heldView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("ticket.held.lead", "Number", itoa(m.TicketID), "Sender", m.Sender)},
		Name: m.Person.Name, Sender: m.Sender, Text: m.Text, Files: m.Files, At: m.At, Action: page.Href(r.URL.Path),
	})
}

func heldPath(r *http.Request) string {
	return "/lien/courriel/" + url.PathEscape(mux.Vars(r)["token"])
}

// answerHeld sends the answer or drops it. A second click finds it done.
func (s *Server) answerHeld(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	token := mux.Vars(r)["token"]
	switch choice := typed(r, "choix"); choice {
	case heldRemember, heldOnce:
		m, err := s.opts.Inbox.Release(r.Context(), token, choice == heldRemember)
		if err != nil {
			return s.heldOver(w, r, m, err)
		}
		return s.redirect(w, r, heldPath(r)+"/fait")
	case heldDrop:
		if err := s.opts.Inbox.Discard(r.Context(), token); err != nil {
			return s.heldOver(w, r, inbox.HeldMail{}, err)
		}
		return s.redirect(w, r, heldPath(r)+"/oubliee")
	default:
		return s.redirect(w, r, heldPath(r))
	}
}

// showHeldSent says that the answer is on its way. It is shown for a link that did so, and for no other.
func (s *Server) showHeldSent(w http.ResponseWriter, r *http.Request) error {
	m, err := s.opts.Inbox.OpenHeld(r.Context(), mux.Vars(r)["token"])
	if p, refused := refusal(err); err != nil && (!refused || p.Code != problem.Gone) || !m.Done {
		if err == nil {
			return s.redirect(w, r, heldPath(r))
		}
		return s.heldOver(w, r, m, err)
	}
	page := s.page(r, i18n.M("ticket.held.sent"))
	page.NoIndex = true
	return s.show(w, r, http.StatusOK, render.MessagePage, render.MessageView{
		Page: page, Drawing: "pigeon",
		Body: []i18n.Message{i18n.M("ticket.held.sent-body", "Number", itoa(m.TicketID)), i18n.M("ticket.held.told")},
	})
}

// showHeldDropped says that nothing was sent. It tells nothing of any link.
func (s *Server) showHeldDropped(w http.ResponseWriter, r *http.Request) error {
	page := s.page(r, i18n.M("ticket.held.dropped"))
	page.NoIndex = true
	return s.show(w, r, http.StatusOK, render.MessagePage, render.MessageView{
		Page: page, Drawing: "nest-box", Body: []i18n.Message{i18n.M("ticket.held.dropped-body")},
	})
}

// heldOver explains a link that does nothing any more.
func (s *Server) heldOver(w http.ResponseWriter, r *http.Request, m inbox.HeldMail, err error) error {
	p, refused := refusal(err)
	switch {
	case !refused:
		return err
	case m.Done:
		return s.redirect(w, r, heldPath(r)+"/fait")
	case isBadLink(p), p.Code == problem.Gone:
		return s.mailedLinkOver(w, r, p, identity.PurposeHeld)
	default:
		return err
	}
}

// mailedLinkOver explains links of mails that are not sent again: what they were for has another way.
func (s *Server) mailedLinkOver(w http.ResponseWriter, r *http.Request, p *problem.Error, purpose identity.Purpose) error {
	title, instead := i18n.M("public.link."+titleOfLink(p)), i18n.M("ticket.held.instead")
	if purpose == identity.PurposeAddress {
		instead = i18n.M("ticket.address.instead")
	}
	if !isBadLink(p) {
		title = i18n.M("ticket.link.over")
	}
	page := s.page(r, title)
	page.NoIndex = true
	return s.show(w, r, statusOf(p.Code), render.MessagePage, render.MessageView{
		Page: page, Drawing: "empty-nest", Body: []i18n.Message{sentence(p), instead},
		Action: render.Link{URL: page.Href(pathSignIn), Text: i18n.M("public.nav.sign-in")},
	})
}
