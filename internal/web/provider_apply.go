package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
)

// How many projects the form has room for: as many as are asked for, and more on request.
const (
	askedProjects = 3
	mostProjects  = 10
)

// askResume names the application that is put right, in the address of the form and in the form.
const askResume = "reprendre"

// joinView is the form of an organisation that wants to be listed.
type joinView struct {
	render.Page

	Header render.Header
	Action string
	Add    string // the same, with the place of the next project
	Form   joinForm
}

// joinForm holds the questions and what was typed.
type joinForm struct {
	Key         string // see directory.Application
	Resumes     string // see there, too
	ContactName render.Field
	Profile     profileForm
	Capacity    render.Field
	Proof       render.Field // what is wrong with the projects as a whole
	Projects    []numberedProject
	More        bool // there is room for another project
}

// numberedProject is one of several projects.
type numberedProject struct {
	projectForm

	Number int
}

func newJoinForm(a directory.Application) joinForm {
	f := joinForm{
		Key: a.Key, Resumes: a.Resumes,
		ContactName: render.Field{Name: directory.FieldContactName, Label: i18n.M("directory.join.contact-name"), Value: a.ContactName,
			Hint: i18n.M("directory.join.contact-name-hint"), Autocomplete: "name", MaxLength: directory.NameMax},
		Profile: newProfileForm(a.Profile),
		Capacity: render.Field{Name: directory.FieldCapacity, Label: i18n.M("directory.join.capacity"), Type: "number",
			Hint: i18n.M("directory.join.capacity-hint"), InputMode: "numeric", Min: "1", Max: "500", Narrow: true},
		Proof: render.Field{Name: directory.FieldProjects},
	}
	if a.Capacity > 0 {
		f.Capacity.Value = strconv.Itoa(a.Capacity)
	}
	f.room(max(askedProjects, len(a.Projects)))
	for i, project := range a.Projects {
		if i < len(f.Projects) {
			f.Projects[i].projectForm = newProjectForm(projectPrefix(i), project)
		}
	}
	return f
}

// room makes the form as long as n projects need.
func (f *joinForm) room(n int) {
	n = min(max(n, askedProjects), mostProjects)
	for i := len(f.Projects); i < n; i++ {
		f.Projects = append(f.Projects, numberedProject{newProjectForm(projectPrefix(i), directory.Project{}), i + 1})
	}
	f.More = len(f.Projects) < mostProjects
}

func projectPrefix(i int) string { return fmt.Sprintf("project_%d_", i+1) }

// fields are all questions in the order in which they stand on the page.
func (f *joinForm) fields() []*render.Field {
	fields := append([]*render.Field{&f.ContactName}, f.Profile.fields()...)
	fields = append(fields, &f.Capacity, &f.Proof)
	for i := range f.Projects {
		fields = append(fields, f.Projects[i].fields()...)
	}
	return fields
}

// read takes what was typed and keeps it in the form. Empty projects at the end are nothing that was typed.
func (f *joinForm) read(r *http.Request) directory.Application {
	f.Key, f.Resumes = typed(r, "form_key"), typed(r, askResume)
	f.ContactName.Value, f.Capacity.Value = typed(r, f.ContactName.Name), typed(r, f.Capacity.Name)
	a := directory.Application{Key: f.Key, Resumes: f.Resumes, ContactName: f.ContactName.Value, Profile: f.Profile.read(r)}
	if n, err := strconv.Atoi(f.Capacity.Value); err == nil { // else it stays 0, which the directory refuses
		a.Capacity = n
	}
	if n, err := strconv.Atoi(typed(r, "rooms")); err == nil {
		f.room(n)
	}
	for i := range f.Projects {
		a.Projects = append(a.Projects, f.Projects[i].read(r))
	}
	for n := len(a.Projects); n > askedProjects && f.Projects[n-1].blank(); n-- {
		a.Projects = a.Projects[:n-1]
	}
	return a
}

// newProvider shows the form: empty, or as it was sent to an address that turned out to be wrong.
func (s *Server) newProvider(w http.ResponseWriter, r *http.Request) error {
	a, err := s.sentBefore(r)
	if err != nil {
		return err
	}
	if a.Key, err = s.formKey(); err != nil {
		return err
	}
	return s.showJoin(w, r, http.StatusOK, newJoinForm(a), render.ErrorSummary{})
}

// sentBefore is the application that the address names, while nobody has confirmed it: until then only the browser that sent
// it knows its id. Otherwise there is none.
func (s *Server) sentBefore(r *http.Request) (directory.Application, error) {
	id := r.URL.Query().Get(askResume)
	if id == "" {
		return directory.Application{}, nil
	}
	p, err := s.opts.Directory.ByPublicID(r.Context(), id)
	if problem.Is(err, problem.NotFound) {
		return directory.Application{}, nil
	}
	if err != nil {
		return directory.Application{}, err
	}
	if p.State != directory.Applied || !p.ConfirmedAt.IsZero() {
		return directory.Application{}, nil
	}
	return directory.Application{Resumes: id, Profile: p.Profile, ContactName: p.ContactName, Projects: p.Projects, Capacity: p.Capacity}, nil
}

func (s *Server) showJoin(w http.ResponseWriter, r *http.Request, status int, form joinForm, wrong render.ErrorSummary) error {
	page := s.page(r, i18n.M("directory.join.title"))
	page.Description = i18n.M("directory.join.lead")
	page.Errors = wrong
	return s.show(w, r, status, "directory/join", joinView{
		Page: page, Action: page.Href(pathJoin), Form: form,
		Add: page.Href(pathJoin) + "#" + projectPrefix(len(form.Projects)) + "association",
		Header: render.Header{Title: page.Title, Lead: i18n.M("directory.join.lead"),
			Crumbs: []render.Link{{URL: page.Href(pathDirectory), Text: i18n.M("directory.nav")}}},
	})
}

// createProvider keeps the application, or shows the form again with what is wrong and all that was typed; with room for
// another project when that was asked for.
func (s *Server) createProvider(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	form := newJoinForm(directory.Application{})
	a := form.read(r)
	if typed(r, "add") != "" {
		form.room(len(form.Projects) + 1)
		return s.showJoin(w, r, http.StatusOK, form, render.ErrorSummary{})
	}
	a.Lang, a.Remote = s.page(r, i18n.Message{}).Lang, s.remote(r)
	made, err := s.opts.Directory.Apply(r.Context(), a)
	if err == nil {
		return s.redirect(w, r, pathJoined+made.PublicID)
	}
	p, refused := refusal(err)
	if !refused {
		return err
	}
	if form.Key == "" || p.Key == "problem.form_stale" {
		key, err := s.formKey()
		if err != nil {
			return errors.Join(p, err)
		}
		form.Key = key
	}
	return s.showJoin(w, r, statusOf(p.Code), form, refuseForm(p, form.fields()...))
}
