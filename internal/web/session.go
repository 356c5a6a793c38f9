package web

import (
	"net/http"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
)

// keepCookie is how long a lead's browser keeps the cookie; the session itself ends when identity says so.
const keepCookie = 180 * 24 * time.Hour

// session returns who is signed in, if anybody is.
func (s *Server) session(r *http.Request) (identity.Session, bool) {
	if v := visitOf(r); v.session != nil {
		return *v.session, true
	}
	return identity.Session{}, false
}

// load reads the session of the request's cookie. A cookie that is worth nothing any more is as good as none.
func (s *Server) load(r *http.Request) error {
	token := s.sessionToken(r)
	if token == "" {
		return nil
	}
	session, err := s.opts.Identity.Session(r.Context(), token)
	if problem.Is(err, problem.Unauthenticated) {
		return nil
	}
	if err != nil {
		return err
	}
	visitOf(r).session = &session
	return nil
}

// sessionToken returns the token of the session, "" when there is none.
func (s *Server) sessionToken(r *http.Request) string {
	c, err := r.Cookie(s.cookieName("session"))
	if err != nil {
		return "" // the only error is that there is none
	}
	return c.Value
}

// keepSession gives the browser a session. Staff's ends with the browser.
func (s *Server) keepSession(w http.ResponseWriter, token string, p identity.Person) {
	life := keepCookie
	if p.Role != identity.NoRole {
		life = 0
	}
	s.setCookie(w, "session", token, life)
}

// dropSession takes the session away from the browser.
func (s *Server) dropSession(w http.ResponseWriter) { s.setCookie(w, "session", "", -1) }

// setCookie sets a cookie that scripts and other sites cannot use. A life of 0 is until the browser ends, a negative one
// deletes it.
func (s *Server) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	age := int(life / time.Second)
	if life < 0 {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure, unless the site is one of http on this machine
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
}

// cookieName gives the cookie the prefix that binds it to this host and to https (RFC 6265bis, 4.1.3.2).
func (s *Server) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return "nichoir-" + name
}
