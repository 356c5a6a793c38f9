package web

import (
	"net/http"
	"path"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
)

// The team's desks.
const (
	pathAdminDesk         = pathAdmin + "/bureau"
	pathAdminApplications = pathAdmin + "/demandes"
	pathAdminBatches      = pathAdmin + "/lots"
	pathAdminSpaces       = pathAdmin + "/espaces"
	pathAdminFailures     = pathAdmin + "/pannes"
	pathAdminHosts        = pathAdmin + "/serveurs"
	pathAdminCampaigns    = pathAdmin + "/campagnes"
)

// deskNav are the links between the desks.
func deskNav() []render.Link {
	link := func(path, key string) render.Link { return render.Link{URL: path, Text: i18n.M(key)} }
	return []render.Link{
		link(pathAdminDesk, "admin.nav.desk"), link(pathAdminApplications, "admin.nav.applications"),
		link(pathAdminBatches, "admin.nav.batches"),
		link(pathAdminSpaces, "admin.nav.spaces"), link(pathAdminFailures, "admin.nav.failures"),
		link(pathAdminHosts, "admin.nav.hosts"), link(pathAdminCampaigns, "admin.nav.campaigns"),
		link(pathAdminProviders, "team.providers.title"), link(pathAdminLinks, "team.links.nav"),
		link(pathAdminTickets, "team.tickets.nav"),
	}
}

// person is who is at the desk.
func (s *Server) person(r *http.Request) identity.Person {
	session, _ := s.session(r)
	return session.Person
}

// decides reports whether who is at the desk may do more than read and prepare.
func (s *Server) decides(r *http.Request) bool { return s.person(r).Role.Covers(identity.Admin) }

// crumbs lead back to the desk and to the list that a page belongs to.
func crumbs(p render.Page, path, key string) []render.Link {
	return []render.Link{
		{URL: p.Href(pathAdminDesk), Text: i18n.M("admin.nav.desk")},
		{URL: p.Href(path), Text: i18n.M(key)},
	}
}

// done flashes that something worked, and leads to the page that shows it.
func (s *Server) done(w http.ResponseWriter, r *http.Request, path string, said i18n.Message) error {
	if err := s.flash(w, render.Notice{Kind: render.Done, Title: said}); err != nil {
		return err
	}
	return s.redirect(w, r, path)
}

// warn flashes that something did not take place, and leads to the page that shows why.
func (s *Server) warn(w http.ResponseWriter, r *http.Request, path string, said i18n.Message) error {
	if err := s.flash(w, render.Notice{Kind: render.Trouble, Title: said}); err != nil {
		return err
	}
	return s.redirect(w, r, path)
}

// back answers a GET of an address that only takes forms, whose answer was reloaded or asked for in the other language: the
// page that the form stood on.
func (s *Server) back(w http.ResponseWriter, r *http.Request) error {
	return s.redirect(w, r, path.Dir(r.URL.Path))
}

// backToReview is back for the confirmation page: the selection is not in its address.
func (s *Server) backToReview(w http.ResponseWriter, r *http.Request) error {
	return s.redirect(w, r, pathAdminApplications)
}

// number is the id in the address. What is no number names nothing.
func number(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(mux.Vars(r)["id"], 10, 64)
	if err != nil {
		return 0, problem.New(problem.NotFound, "problem.not_found")
	}
	return id, nil
}

// since is how long ago something was; it is never negative, though clocks differ.
func (s *Server) since(t time.Time) time.Duration { return max(0, s.opts.Now().Sub(t)) }

// ago is "5 minutes ago" as a value of a sentence.
func (s *Server) ago(t time.Time) i18n.Message {
	if d := s.since(t); d >= time.Minute {
		return i18n.M("common.time.ago", "Duration", d)
	}
	return i18n.M("common.time.now")
}

// in is "in 5 minutes" as a value of a sentence.
func in(d time.Duration) i18n.Message {
	if d < time.Second {
		return i18n.M("common.time.soon")
	}
	return i18n.M("common.time.in", "Duration", d)
}

// who is a name in a sentence; people who left have none.
func who(name string) any {
	if name == "" {
		return i18n.M("admin.unknown")
	}
	return name
}
