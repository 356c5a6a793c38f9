package web

import (
	"net/http"
	"strings"

	"nichoir/internal/i18n"
	"nichoir/internal/web/render"
)

// textView is a page of text, which its template holds as a list of sentences.
type textView struct {
	render.Page

	Header  render.Header
	Contact render.Link // where the team is reached; the zero Link when that is not known
	Forgot  string
	SignIn  string
	Privacy string
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
		Forgot: page.Href(pathForgot), SignIn: page.Href(pathSignIn), Privacy: s.privacy(page),
	}
	if c := s.opts.Contact; c != "" {
		view.Contact = render.Link{URL: c, Text: i18n.Raw(strings.TrimPrefix(c, "mailto:"))}
	}
	return s.show(w, r, http.StatusOK, name, view)
}
