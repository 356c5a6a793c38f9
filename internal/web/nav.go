package web

import (
	"errors"
	"net/http"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/web/render"
)

// nav are the links on top of every page: what a visitor, a lead, a member of a provider, or a member of staff comes for.
func (s *Server) nav(r *http.Request) []render.Link {
	session, known := s.session(r)
	member := len(s.memberships(r)) > 0
	link := func(path, key string) render.Link { return render.Link{URL: path, Text: i18n.M(key)} }
	help, providers := link(pathHelp, "public.nav.help"), link(pathDirectory, "directory.nav")
	switch {
	case !known:
		return []render.Link{link(pathApply, "public.nav.apply"), providers, help, link(pathSignIn, "public.nav.sign-in")}
	case session.Person.Role == identity.NoRole:
		var own []render.Link
		if member {
			own = append(own, link(pathProvider, "provider.nav"))
		}
		if !member || s.asksForSpaces(r) {
			own = append(own, link(pathSpaces, "public.nav.spaces"))
		}
		return append(own, providers, help)
	case session.NeedsSecondFactor():
		return []render.Link{help}
	case member:
		return append(staffNav(), link(pathProvider, "provider.nav"))
	default:
		return staffNav()
	}
}

// asksForSpaces reports whether whoever is signed in has anything to do with a space: leads one, asked for one, or may ask for
// help for one. What goes wrong is left to the log, as with memberships.
func (s *Server) asksForSpaces(r *http.Request) bool {
	v, id := visitOf(r), s.person(r).ID
	if v.spaces == nil {
		led, err := s.opts.Provisioning.SpacesOf(r.Context(), id)
		asked, errAsked := s.opts.Onboarding.StatusesOf(r.Context(), id)
		helped, errHelped := s.opts.Tickets.SpacesOf(r.Context(), id)
		if err := errors.Join(err, errAsked, errHelped); err != nil && v.failure == nil {
			v.failure = err
		}
		v.spaces = new(len(led)+len(asked)+len(helped) > 0)
	}
	return *v.spaces
}

// foot are the links at the bottom of every page.
func (s *Server) foot(p render.Page) []render.Link {
	links := []render.Link{
		{URL: p.Href(pathHelp), Text: i18n.M("public.nav.help")},
		{URL: s.terms(p), Text: i18n.M("public.footer.terms")},
		{URL: s.privacy(p), Text: i18n.M("public.footer.privacy")},
	}
	if s.opts.Legal != "" {
		links = append(links, render.Link{URL: s.opts.Legal, Text: i18n.M("public.footer.legal")})
	}
	if s.opts.Contact != "" {
		links = append(links, render.Link{URL: s.opts.Contact, Text: i18n.M("public.footer.contact")})
	}
	return links
}

// terms is where the terms of use are: the operator's when there are some, else Nichoir's.
func (s *Server) terms(p render.Page) string {
	if s.opts.Terms != "" {
		return s.opts.Terms
	}
	return p.Href(pathTerms)
}

// privacy is where one reads what is kept, in the same way.
func (s *Server) privacy(p render.Page) string {
	if s.opts.Privacy != "" {
		return s.opts.Privacy
	}
	return p.Href(pathPrivacy)
}

// staffNav are the desks of the team.
func staffNav() []render.Link {
	return deskNav()
}
