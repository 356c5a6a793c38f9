package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
)

// joinedView follows the application of an organisation. Knowing its id is the right to see it.
type joinedView struct {
	render.Page

	Header   render.Header
	Events   []render.Event
	Question string
	Reason   string
	Notes    []joinNote
	Answer   *answerForm
	Public   string // its page in the directory, once it is listed
	Desk     string
}

// joinNote is a line of the exchange with the team.
type joinNote struct {
	Who  i18n.Message
	Body string
	Note directory.Note
}

// answerForm answers the team's question, perhaps with another project.
type answerForm struct {
	Action  string
	Key     string
	Body    render.Field
	Project projectForm
	Open    bool // something was typed about a project
}

func (f *answerForm) fields() []*render.Field {
	return append([]*render.Field{&f.Body}, f.Project.fields()...)
}

func newAnswerForm() answerForm {
	return answerForm{
		Body: render.Field{Name: directory.FieldAnswer, Label: i18n.M("directory.joined.answer"), Rows: 6, MaxLength: directory.TextMax},
		// Named as the directory names the first project of a form.
		Project: newProjectForm(projectPrefix(0), directory.Project{}),
	}
}

// joinSentView says to which address the link went.
type joinSentView struct {
	render.Page

	Address string
	Near    string // what the address should have been, perhaps
	Again   string
}

// showJoined tells where the application of an organisation stands.
func (s *Server) showJoined(w http.ResponseWriter, r *http.Request) error {
	p, err := s.opts.Directory.ByPublicID(r.Context(), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	if p.State == directory.Applied && p.ConfirmedAt.IsZero() {
		return s.showJoinSent(w, r, p)
	}
	form := newAnswerForm()
	return s.showJoinedWith(w, r, http.StatusOK, p, form, nil)
}

// showJoinSent names the address in full, for a slip must be seen: until it is confirmed, only the browser that sent the form
// knows the page's own address.
func (s *Server) showJoinSent(w http.ResponseWriter, r *http.Request, p directory.Provider) error {
	page := s.page(r, i18n.M("directory.sent.title"))
	page.NoIndex = true
	view := joinSentView{Page: page, Address: p.Profile.Email, Again: page.Href(pathJoin + "?" + askResume + "=" + p.PublicID)}
	if near, ok := s.opts.Suggest(p.Profile.Email); ok {
		view.Near = near
	}
	return s.show(w, r, http.StatusOK, "directory/sent", view)
}

func (s *Server) showJoinedWith(
	w http.ResponseWriter, r *http.Request, status int, p directory.Provider, form answerForm, wrong *problem.Error,
) error {
	var notes []directory.Note
	var err error
	if p.ListedAt.IsZero() { // afterwards the id is in the addresses of the desk, which former members know as well
		if notes, err = s.opts.Directory.Notes(r.Context(), p.ID); err != nil {
			return err
		}
	}
	page := s.page(r, i18n.M("directory.joined.title"))
	page.NoIndex = true
	page.Path, page.Query = pathJoined+p.PublicID, "" // where the language can be changed
	view := joinedView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.Raw(p.Profile.Name), Tag: new(joinedTag(p))},
		Events: joinedEvents(p),
	}
	for _, note := range notes {
		by := i18n.M("directory.joined.you")
		if note.ByTeam {
			by = i18n.M("directory.joined.team")
		}
		view.Notes = append(view.Notes, joinNote{Who: by, Body: note.Body, Note: note})
	}
	switch p.State {
	case directory.Listed, directory.Paused:
		view.Public, view.Desk = page.Href(providerPath(p.Slug)), page.Href(pathProvider)
	case directory.Refused:
		view.Reason = p.RefuseReason // of one that was taken out it is in the mail alone
	case directory.Applied:
		if p.Question != "" {
			if form.Key == "" {
				if form.Key, err = s.formKey(); err != nil {
					return err
				}
			}
			view.Question, form.Action = p.Question, page.Href(pathJoined+p.PublicID)
			view.Answer = &form
		}
	}
	if wrong != nil {
		view.Errors = refuseForm(wrong, form.fields()...)
	}
	return s.show(w, r, status, "directory/joined", view)
}

// joinedTag is the state as the organisation sees it: a question waits for them, not for the team.
func joinedTag(p directory.Provider) render.Tag {
	switch {
	case p.State == directory.Applied && p.Question != "":
		return render.Tag{Kind: render.Waiting, Text: i18n.M("directory.joined.your-turn")}
	case p.State == directory.Applied:
		return render.Tag{Kind: render.Info, Text: i18n.M("directory.joined.our-turn")}
	case p.State == directory.Refused && !p.ListedAt.IsZero():
		return render.Tag{Kind: render.Trouble, Text: i18n.M("directory.joined.taken-out-tag")}
	case p.State == directory.Refused:
		return render.Tag{Kind: render.Trouble, Text: i18n.M("directory.joined.refused-tag")}
	default:
		return render.StateTag("provider", string(p.State))
	}
}

// joinedEvents are the steps of an application, those to come as well.
func joinedEvents(p directory.Provider) []render.Event {
	events := []render.Event{
		{Kind: render.Done, Title: i18n.M("directory.joined.sent"), At: p.CreatedAt},
		{Kind: render.Done, Title: i18n.M("directory.joined.confirmed"), At: p.ConfirmedAt},
	}
	decision := render.Event{Kind: render.Neutral, Title: i18n.M("directory.joined.decision")}
	switch {
	case p.State == directory.Listed, p.State == directory.Paused:
		decision = render.Event{Kind: render.Done, Title: i18n.M("directory.joined.listed"), At: p.ListedAt, Current: true}
	case p.State == directory.Refused && !p.ListedAt.IsZero():
		events = append(events, render.Event{Kind: render.Done, Title: i18n.M("directory.joined.listed-then"), At: p.ListedAt})
		decision = render.Event{Kind: render.Trouble, Title: i18n.M("directory.joined.taken-out"), Current: true}
	case p.State == directory.Refused:
		decision = render.Event{Kind: render.Trouble, Title: i18n.M("directory.joined.refused"), Current: true}
	case p.Question != "":
		events = append(events, render.Event{Kind: render.Waiting, Title: i18n.M("directory.joined.asked"),
			Body: i18n.M("directory.joined.asked-body"), Current: true})
	default:
		events = append(events, render.Event{Kind: render.Waiting, Title: i18n.M("directory.joined.read"),
			Body: i18n.M("directory.joined.read-body"), Current: true})
	}
	return append(events, decision)
}

// answerQuestion keeps the organisation's answer. A double click is one answer.
func (s *Server) answerQuestion(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	id := mux.Vars(r)["id"]
	form := newAnswerForm()
	form.Key, form.Body.Value = typed(r, "form_key"), typed(r, form.Body.Name)
	project := form.Project.read(r)
	var projects []directory.Project
	if !form.Project.blank() {
		form.Open, projects = true, append(projects, project)
	}
	err := s.opts.Directory.Answer(r.Context(), id, form.Key, form.Body.Value, projects)
	wrong, refused := refusal(err)
	switch {
	case err == nil, refused && wrong.Code == problem.Conflict: // answered or decided meanwhile: the page tells
		return s.redirect(w, r, pathJoined+id)
	case !refused, wrong.Code == problem.NotFound:
		return err
	}
	p, err := s.opts.Directory.ByPublicID(r.Context(), id)
	if err != nil {
		return err
	}
	return s.showJoinedWith(w, r, statusOf(wrong.Code), p, form, wrong)
}
