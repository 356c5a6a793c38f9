package web

import (
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
)

// profileView is the form of what the organisation says of itself.
type profileView struct {
	render.Page

	Header render.Header
	Form   profileForm
	Action string
	Public string // the page of the directory
	Back   render.Link
}

func (s *Server) viewOfProfile(r *http.Request, profile directory.Profile) *profileView {
	p := member(r).Provider
	page, header := s.deskPage(r, i18n.M("provider.profile.title"))
	header.Lead = i18n.M("provider.profile.lead", "URL", page.Href(providerPath(p.Slug)))
	return &profileView{Page: page, Header: header, Form: newProfileForm(profile), Action: page.Href(deskPath(p) + "/profil"),
		Back: backToDesk(page, p, "")}
}

func (s *Server) editProfile(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, http.StatusOK, "provider/profile", s.viewOfProfile(r, member(r).Provider.Profile))
}

func (s *Server) updateProfile(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	view := s.viewOfProfile(r, directory.Profile{})
	p := member(r).Provider
	err := s.opts.Directory.UpdateProfile(r.Context(), p.PublicID, view.Form.read(r), s.person(r))
	if refused, ok := refusal(err); ok && refused.Code == problem.Invalid {
		view.Errors = refuseForm(refused, view.Form.fields()...)
		return s.show(w, r, http.StatusUnprocessableEntity, "provider/profile", view)
	}
	return s.settle(w, r, err, deskPath(p), i18n.M("provider.profile.done"))
}

// projectsView lists the past projects, and asks for another.
type projectsView struct {
	render.Page

	Header   render.Header
	Projects []projectLine
	Form     *projectForm // nil for whoever may not change them
	Action   string
}

type projectLine struct {
	Association string
	Year        string
	Summary     string
	Proof       string
	Public      bool
	Remove      string
}

func (s *Server) viewOfProjects(r *http.Request) *projectsView {
	m := member(r)
	page, header := s.deskPage(r, i18n.M("provider.projects.title"))
	header.Lead = i18n.M("provider.projects.lead")
	at := deskPath(m.Provider) + "/projets"
	v := &projectsView{Page: page, Header: header, Action: page.Href(at)}
	for _, p := range m.Provider.Projects {
		line := projectLine{Association: p.Association, Year: strconv.Itoa(p.Year), Summary: p.Summary, Proof: p.Proof, Public: p.Public}
		if m.Manager {
			line.Remove = page.Href(at + "/" + strconv.FormatInt(p.ID, 10) + "/retirer")
		}
		v.Projects = append(v.Projects, line)
	}
	if m.Manager {
		form := newProjectForm(projectPrefix(0), directory.Project{})
		v.Form = &form
	}
	return v
}

func (s *Server) showProjects(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, http.StatusOK, "provider/projects", s.viewOfProjects(r))
}

func (s *Server) addProject(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	view := s.viewOfProjects(r)
	p := member(r).Provider
	err := s.opts.Directory.AddProject(r.Context(), p.PublicID, view.Form.read(r), s.person(r))
	if refused, ok := refusal(err); ok && refused.Code == problem.Invalid {
		view.Errors = refuseForm(refused, view.Form.fields()...)
		return s.show(w, r, http.StatusUnprocessableEntity, "provider/projects", view)
	}
	return s.settle(w, r, err, deskPath(p)+"/projets", i18n.M("provider.projects.added"))
}

// askRemoveProject asks before a project goes.
func (s *Server) askRemoveProject(w http.ResponseWriter, r *http.Request) error {
	p := member(r).Provider
	for _, project := range p.Projects {
		if strconv.FormatInt(project.ID, 10) != mux.Vars(r)["id"] {
			continue
		}
		page, header := s.deskPage(r, i18n.M("provider.projects.remove-title", "Name", project.Association))
		return s.show(w, r, http.StatusOK, "lead/ask", askView{Page: page, Header: header,
			Body: i18n.M("provider.projects.remove-body"), Action: page.Href(r.URL.Path), Button: i18n.M("provider.projects.remove-button"),
			Back: render.Link{URL: page.Href(deskPath(p) + "/projets"), Text: i18n.M("provider.projects.remove-back")}})
	}
	return problem.New(problem.NotFound, "problem.not_found")
}

func (s *Server) removeProject(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r)
	if err != nil {
		return err
	}
	p := member(r).Provider
	err = s.opts.Directory.RemoveProject(r.Context(), p.PublicID, id, s.person(r))
	return s.settle(w, r, err, deskPath(p)+"/projets", i18n.M("provider.projects.removed"))
}

// yearlyView asks once a year whether the profile is still right, on the desk and behind a mailed link.
type yearlyView struct {
	render.Page

	Header  render.Header
	Name    string
	Facts   []render.Fact
	Form    projectForm
	Action  string
	Pause   bool // resting is offered beside: the mailed link
	Profile render.Link
}

// yearlyFacts are what the members look over before they confirm it: all that associations go by.
func yearlyFacts(p directory.Profile) []render.Fact {
	facts := offerFacts(p)
	for _, f := range []render.Fact{
		{Label: i18n.M("provider.profile.town"), Value: i18n.Raw(p.Town)},
		{Label: i18n.M("provider.profile.email"), Value: i18n.Raw(p.Email)},
		{Label: i18n.M("provider.profile.phone"), Value: i18n.Raw(p.Phone)},
		{Label: i18n.M("provider.profile.website"), Value: i18n.Raw(p.Website)},
	} {
		if !f.Value.IsZero() {
			facts = append(facts, f)
		}
	}
	return facts
}

func (s *Server) viewOfYearly(r *http.Request) *yearlyView {
	p := member(r).Provider
	page, header := s.deskPage(r, i18n.M("provider.yearly.title"))
	header.Lead = i18n.M("provider.yearly.lead")
	return &yearlyView{Page: page, Header: header, Name: p.Profile.Name, Facts: yearlyFacts(p.Profile),
		Form: newProjectForm(projectPrefix(0), directory.Project{}), Action: page.Href(deskPath(p) + "/profil/confirmer"),
		Profile: render.Link{URL: page.Href(deskPath(p) + "/profil"), Text: i18n.M("provider.yearly.change")}}
}

func (s *Server) askYearly(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, http.StatusOK, "provider/yearly", s.viewOfYearly(r))
}

func (s *Server) confirmYearly(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	view := s.viewOfYearly(r)
	p := member(r).Provider
	err := s.opts.Directory.ConfirmProfile(r.Context(), p.PublicID, view.Form.read(r), s.person(r))
	if refused, ok := refusal(err); ok && refused.Code == problem.Invalid {
		view.Errors = refuseForm(refused, view.Form.fields()...)
		return s.show(w, r, http.StatusUnprocessableEntity, "provider/yearly", view)
	}
	return s.settle(w, r, err, deskPath(p), i18n.M("provider.yearly.done"))
}
