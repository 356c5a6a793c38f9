package web

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/web/render"
)

// The pages that other pages and refusals lead to.
const (
	pathHome    = "/"
	pathApply   = "/demande"
	pathHelp    = "/aide"
	pathTerms   = "/conditions"
	pathPrivacy = "/confidentialite"
	pathSpaces  = "/espaces"
	// pathProvider leads a provider's member to its desk.
	pathProvider = "/prestataire"
	pathForgot   = "/mot-de-passe-oublie"
	pathSignIn   = "/connexion"
	pathSignOut  = "/deconnexion"
	pathCode     = "/connexion/code"
	pathAdmin    = "/admin"
)

// page is what the layout needs, in the visitor's language.
func (s *Server) page(r *http.Request, title i18n.Message) render.Page {
	asked := r.URL.Query().Get("lang")
	p := render.Page{
		LangChosen: i18n.Known(asked), Title: title, Path: r.URL.Path, Query: r.URL.RawQuery,
		Flash: s.flashed(r), Demo: s.opts.Demo,
	}
	session, known := s.session(r)
	if known {
		if !p.LangChosen {
			asked = session.Person.Lang
		}
		p.Person = &render.Person{Name: nameOf(session.Person), SignOut: pathSignOut}
	}
	p.Lang = i18n.Negotiate(asked, r.Header.Get("Accept-Language"))
	p.Nav = s.nav(r)
	for i := range p.Nav {
		p.Nav[i].URL = p.Href(p.Nav[i].URL)
	}
	if p.Person != nil {
		p.Person.SignOut = p.Href(p.Person.SignOut)
	}
	p.Foot = s.foot(p)
	return p
}

func nameOf(p identity.Person) string {
	if p.Name != "" {
		return p.Name
	}
	return p.Email
}

// show writes a page. What was flashed on it has been said.
//
// The answer to a POST stays in the visitor's own browser: the Back button would otherwise find nothing where a form stood,
// and what was typed there would be lost. Signing out clears it. Nothing else is kept.
func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, name string, view render.View) error {
	if _, err := r.Cookie(s.cookieName("flash")); err == nil {
		s.setCookie(w, "flash", "", -1)
	}
	if header := w.Header(); r.Method == http.MethodPost && header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "private, no-cache")
	}
	return s.opts.Render.Page(w, status, name, view)
}

// redirect leads to another page after a POST, in the language that the visitor chose.
func (s *Server) redirect(w http.ResponseWriter, r *http.Request, path string) error {
	if render.IsFragment(r) {
		w.Header().Set("HX-Redirect", s.page(r, i18n.Message{}).Href(path))
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, s.page(r, i18n.Message{}).Href(path), http.StatusSeeOther) //nolint:gosec // Href stays on this site
	return nil
}

// flash says something on the page that follows. It is a cookie, thus only for people who are signed in.
func (s *Server) flash(w http.ResponseWriter, n render.Notice) error {
	b, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("write a flash: %w", err)
	}
	s.setCookie(w, "flash", base64.RawURLEncoding.EncodeToString(b), time.Minute)
	return nil
}

// flashed reads what was flashed; what cannot be read was not written here.
func (s *Server) flashed(r *http.Request) *render.Notice {
	c, err := r.Cookie(s.cookieName("flash"))
	if err != nil {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return nil
	}
	var n render.Notice
	if json.Unmarshal(b, &n) != nil || n.Title.IsZero() {
		return nil
	}
	return &n
}
