package web_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nichoir/internal/identity"
	"nichoir/internal/web"
)

// audience is who may go somewhere.
type audience int

const (
	everybody audience = iota
	signedIn
	team         // whoever has a role, with a code or without
	leadOrReader // the space's lead, and staff
	leadOrAdmin
	leadAlone // the space's lead: whom the association turns to is nobody else's to decide
	readers   // staff
	admins
	withCode   // who is signed in, staff with their code: see TestWalls for who sees which ticket
	colleagues // the members of the provider in the address: nobody of this walk, see TestProviderDeskIsItsMembers
)

// audienceOf says who may, by what the site is for and not by what the table of routes says.
func audienceOf(rt web.Route) audience {
	read := rt.Method == http.MethodGet
	switch p := rt.Path; {
	case strings.HasPrefix(p, "/admin/espaces/{id}/accompagnement"):
		return admins
	case strings.HasPrefix(p, "/admin"):
		if read && !strings.HasPrefix(p, "/admin/campagnes/") && !strings.HasPrefix(p, "/admin/formules/") {
			return readers
		}
		if slices.Contains([]string{"/admin/lots", "/admin/lots/nouveau", "/admin/lots/{id:[0-9]+}/abandonner", "/admin/tickets/confier",
			"/admin/prestataires/{id}/question"}, p) {
			return readers
		}
		return admins
	case strings.HasPrefix(p, "/prestataire/"):
		return colleagues
	case strings.HasPrefix(p, "/tickets/{id}/") && read && !strings.Contains(p, "/pieces/"):
		return signedIn // leads to the ticket, which is looked at there
	case strings.HasPrefix(p, "/tickets/"):
		return withCode
	case strings.HasPrefix(p, "/espace/{id}/tickets"):
		return leadOrReader
	case strings.HasPrefix(p, "/espace/{id}/aide/") && (!read || strings.HasSuffix(p, "/retirer") || strings.HasSuffix(p, "/terminer")):
		return leadAlone
	case strings.HasPrefix(p, "/espace/"):
		if read {
			return leadOrReader
		}
		return leadOrAdmin
	case strings.HasPrefix(p, "/connexion/code/"):
		return team
	case p == "/espaces", p == "/mes-adresses", p == "/prestataire", p == "/connexion/code", strings.HasSuffix(p, "/retirer"),
		p == "/prestataires/{slug}/choisir":
		return signedIn
	default:
		return everybody
	}
}

var variable = regexp.MustCompile(`\{[^{}]*\}`)

// TestWhoMayGoWhere walks every route as everybody there is.
func TestWhoMayGoWhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(5)
	s.host()
	space, lead := s.made(key, "les-canards", "lou@lescanards.example")
	_, stranger := s.made(strings.Replace(key, "0", "1", 1), "les-oies", "oie@lescanards.example")
	half := s.staff("pressee@nichoir.example", identity.Admin)
	people := []struct {
		name string
		who  func() *visitor
		may  map[audience]bool
	}{
		{"nobody", s.visitor, map[audience]bool{everybody: true}},
		{"another space's lead", as(s, stranger), map[audience]bool{everybody: true, signedIn: true, withCode: true}},
		{"the space's lead", as(s, lead), map[audience]bool{everybody: true, signedIn: true, withCode: true, leadOrReader: true, leadOrAdmin: true,
			leadAlone: true}},
		{"an admin without a code", halfWay(s, half), map[audience]bool{everybody: true, signedIn: true, team: true}},
		{"a reviewer", as(s, s.staff("lecture@nichoir.example", identity.Reviewer)),
			map[audience]bool{everybody: true, signedIn: true, withCode: true, team: true, leadOrReader: true, readers: true}},
		{"an admin", as(s, s.staff("admin@nichoir.example", identity.Admin)), map[audience]bool{
			everybody: true, signedIn: true, withCode: true, team: true, leadOrReader: true, leadOrAdmin: true, readers: true, admins: true}},
	}
	for _, p := range people {
		v := p.who()
		for _, rt := range s.door.Routes() {
			if rt.Path == "/deconnexion" {
				continue // it would end the walk
			}
			what := fmt.Sprintf("%s: %s %s", p.name, rt.Method, rt.Path)
			path := rt.Path
			if strings.HasPrefix(path, "/espace/") {
				path = strings.ReplaceAll(path, "{id}", space.Space.PublicID)
				path = strings.ReplaceAll(path, "{account}", itoa(space.Accounts[0].ID))
			}
			a := v.send(rt.Method, variable.ReplaceAllString(path, "9999"), values("prepare", "yes"))
			got, want := !refused(rt, a), p.may[audienceOf(rt)]
			if got != want {
				t.Errorf("%s is answered %d (%s), allowed: %t", what, a.Code, a.Header().Get("Location"), want)
			}
			if a.Code >= http.StatusInternalServerError {
				t.Errorf("%s is answered %d: %s", what, a.Code, s.logged())
			}
		}
	}
}

func as(s *site, p identity.Person) func() *visitor {
	return func() *visitor { return s.signedIn(p) }
}

// halfWay is staff with a session and no code.
func halfWay(s *site, p identity.Person) func() *visitor {
	return func() *visitor {
		token, _, err := s.identity.SignIn(s.t.Context(), s.mint(identity.PurposeSignIn, p.ID, p.Email))
		s.must(err)
		v := s.visitor()
		v.cookies["nichoir-session"] = token
		return v
	}
}

// refused reports whether the answer keeps the visitor out.
func refused(rt web.Route, a *answer) bool {
	to, _, _ := strings.Cut(a.Header().Get("Location"), "?")
	signIn := to == "/connexion" || to == "/connexion/code" && !strings.HasPrefix(rt.Path, "/connexion")
	hidden := a.Code == http.StatusNotFound && // there is no such space or provider, for them
		(strings.HasPrefix(rt.Path, "/espace/") || strings.HasPrefix(rt.Path, "/prestataire/"))
	return a.Code == http.StatusForbidden || a.Code == http.StatusSeeOther && signIn || hidden
}
