package web

import (
	"net/http"
	"strings"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/web/render"
)

// textView is a page of text, which its template holds as a list of sentences.
type textView struct {
	render.Page

	Header  render.Header
	Contact render.Link // where the team is reached; the zero Link when that is not known
	Guides  string      // where help starts: documentation for leads, and the community's forum; "" for none
	Forum   string
	Mails   bool // mails that come in are read
	Forgot  string
	SignIn  string
	Privacy string
	Keeps   keeps
}

// keeps is for how long what is kept.
type keeps struct {
	Unconfirmed, Refused, Closed, Session time.Duration // of associations
	Applied, Turned                       time.Duration // of providers: never confirmed, refused
	Raw, Held                             time.Duration // mails as they came, answers that nobody confirmed
}

// keeps asks those who forget, so that the page promises what is done.
func (s *Server) keeps() keeps {
	k := keeps{Closed: s.opts.Provisioning.Keeps(), Session: s.opts.Identity.Keeps()}
	k.Unconfirmed, k.Refused = s.opts.Onboarding.Keeps()
	k.Applied, k.Turned = s.opts.Directory.Keeps()
	if s.opts.HelpAddress != "" {
		k.Raw, k.Held = s.opts.Inbox.Keeps()
	}
	return k
}

func (s *Server) showHelp(w http.ResponseWriter, r *http.Request) error {
	return s.showText(w, r, "public/help", i18n.M("public.help.title"), i18n.M("public.help.lead"))
}

func (s *Server) showTerms(w http.ResponseWriter, r *http.Request) error {
	return s.showText(w, r, "public/terms", i18n.M("public.terms.title"), i18n.M("public.terms.lead"))
}

func (s *Server) showPrivacy(w http.ResponseWriter, r *http.Request) error {
	return s.showText(w, r, "public/privacy", i18n.M("public.privacy.title"), i18n.M("public.privacy.lead"))
}

func (s *Server) showText(w http.ResponseWriter, r *http.Request, name string, title, lead i18n.Message) error {
	page := s.page(r, title)
	view := textView{
		Page: page, Header: render.Header{Title: title, Lead: lead},
		Forgot: page.Href(pathForgot), SignIn: page.Href(pathSignIn), Privacy: s.privacy(page), Keeps: s.keeps(),
		Guides: s.opts.Guides, Forum: s.opts.Forum, Mails: s.opts.HelpAddress != "",
	}
	if c := s.opts.Contact; c != "" {
		view.Contact = render.Link{URL: c, Text: i18n.Raw(strings.TrimPrefix(c, "mailto:"))}
	}
	return s.show(w, r, http.StatusOK, name, view)
}
