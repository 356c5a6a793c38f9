package web

import (
	"net/http"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
)

// memberships are the providers that whoever is signed in belongs to. They are asked for once a request, for the links on
// top of the page: a page without one of those is better than no page, so what goes wrong is left to the log.
func (s *Server) memberships(r *http.Request) []directory.Membership {
	session, known := s.session(r)
	if !known {
		return nil
	}
	v := visitOf(r)
	if v.belongs == nil {
		own, err := s.opts.Directory.Memberships(r.Context(), session.Person.ID)
		if err != nil && v.failure == nil {
			v.failure = err
		}
		v.belongs = &own
	}
	return *v.belongs
}

// member is the membership that the address is about; only routes of members have one.
func member(r *http.Request) directory.Membership { return *visitOf(r).member }

// deskPath is the address of a provider's desk.
func deskPath(p directory.Provider) string { return pathProvider + "/" + p.PublicID }

// deskPage is the page of a provider with its header, which leads back to the desk.
func (s *Server) deskPage(r *http.Request, title i18n.Message) (render.Page, render.Header) {
	page := s.page(r, title)
	p := member(r).Provider
	return page, render.Header{Title: title, Crumbs: []render.Link{{URL: page.Href(deskPath(p)), Text: i18n.Raw(p.Profile.Name)}}}
}

// backToDesk is where somebody goes who thinks again.
func backToDesk(page render.Page, p directory.Provider, path string) render.Link {
	return render.Link{URL: page.Href(deskPath(p) + path), Text: i18n.M("provider.back")}
}

// settle ends a change on a desk: what was done, or why it no longer can be, is said on the page that shows it. Invalid and
// other refusals are the caller's, or a page of their own.
func (s *Server) settle(w http.ResponseWriter, r *http.Request, err error, path string, said i18n.Message) error {
	if p, refused := refusal(err); refused && p.Code == problem.Conflict {
		return s.warn(w, r, path, sentence(p))
	}
	if err != nil {
		return err
	}
	return s.done(w, r, path, said)
}

// dayAt is the day of a time where the team's clocks hang.
func dayAt(t time.Time, where *time.Location) i18n.Day {
	return i18n.Day(t.In(where).Format(time.DateOnly))
}

// lastDay is the last day of a rest that ends at t: one that ends when the 25th begins lasts until the 24th.
func lastDay(t time.Time, where *time.Location) i18n.Day { return dayAt(t.Add(-time.Second), where) }

// dayOf is dayAt for pages with a single date.
func dayOf(t time.Time) (i18n.Day, error) {
	where, err := paris()
	if err != nil {
		return "", err
	}
	return dayAt(t, where), nil
}

// until is lastDay for pages with a single date.
func until(t time.Time) (i18n.Day, error) {
	where, err := paris()
	if err != nil {
		return "", err
	}
	return lastDay(t, where), nil
}

// ownProvidersView lists the providers of somebody who belongs to several, or to none.
type ownProvidersView struct {
	render.Page

	Header    render.Header
	Providers []ownLine
	Empty     render.Empty
}

// showOwnProviders leads to the person's desk; to a choice when there are several.
func (s *Server) showOwnProviders(w http.ResponseWriter, r *http.Request) error {
	own, err := s.opts.Directory.Memberships(r.Context(), s.person(r).ID)
	if err != nil {
		return err
	}
	if len(own) == 1 {
		return s.redirect(w, r, deskPath(own[0].Provider))
	}
	page := s.page(r, i18n.M("provider.own.title"))
	view := ownProvidersView{Page: page, Header: render.Header{Title: page.Title}, Empty: render.Empty{
		Drawing: "empty-nest", Title: i18n.M("provider.own.none"), Body: i18n.M("provider.own.none-body"),
		Action: render.Link{URL: page.Href(pathJoin), Text: i18n.M("provider.own.join")}}}
	for _, m := range own {
		view.Providers = append(view.Providers, ownLine{Name: m.Provider.Profile.Name, URL: page.Href(deskPath(m.Provider)),
			Tag: render.StateTag("provider", string(m.Provider.State))})
	}
	return s.show(w, r, http.StatusOK, "provider/own", view)
}
