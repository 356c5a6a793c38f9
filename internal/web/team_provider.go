package web

import (
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
)

// teamProviderView is all that the team knows of a provider, and what it can do about it.
type teamProviderView struct {
	render.Page

	Header   render.Header
	Marks    []render.Tag
	Refusal  *render.Notice // why it was refused, or what its kinds tell
	Profile  directory.Profile
	Phone    template.URL
	Facts    []render.Fact
	Offer    []render.Fact
	Projects []directory.Project
	Notes    []joinNote
	Members  []teamMember
	Pauses   []teamPause
	Trail    []render.Event
	Public   string
	Key      string
	Seen     directory.State // a decision is about the provider as it was shown

	Admin  bool   // decides; others read and ask
	Accept string // "" when it cannot be
	Ask    string
	Refuse string
	Pause  string
	Resume string

	Question render.Field
	Reason   render.Field
	Send     render.Field
	Until    render.Field
	Motives  []render.Link // templates of reasons
	Open     bool          // the form of a refusal is shown at once
}

type teamMember struct {
	Name    string
	Email   string
	Manager bool
	Invited bool // and has not joined yet
}

type teamPause struct {
	Words i18n.Message
	Drop  string // where an announced one is taken back
}

// motives are the usual reasons for a refusal. Each is a text to start from.
func motives() []string { return []string{"preuves", "technique", "public", "silence"} }

func (s *Server) showTeamProvider(w http.ResponseWriter, r *http.Request) error {
	return s.teamProviderPage(w, r, http.StatusOK, nil)
}

// teamProviderPage shows a provider; wrong is why a form on it was refused.
func (s *Server) teamProviderPage(w http.ResponseWriter, r *http.Request, status int, wrong *problem.Error) error {
	d, err := s.opts.Directory.Dossier(r.Context(), mux.Vars(r)["id"], s.person(r))
	if err != nil {
		return err
	}
	p := d.Provider
	page := s.page(r, i18n.Raw(p.Profile.Name))
	path := teamProviderPath(p.PublicID)
	if status != http.StatusOK {
		page.Path, page.Query = path, "" // where the language can be changed
	}
	marks := providerMarks(p)
	view := &teamProviderView{
		Page: page, Marks: marks[1:], Profile: p.Profile, Phone: telephone(p.Profile.Phone), Projects: p.Projects,
		Facts: teamFacts(p), Offer: offerFacts(p.Profile), Trail: providerTrail(d.Trail), Admin: s.decides(r), Seen: p.State,
		Header: render.Header{Title: page.Title, Lead: whoWords(p.Profile), Tag: new(marks[0]),
			Crumbs: crumbs(page, pathAdminProviders, "team.providers.title")},
	}
	if view.Key, err = s.formKey(); err != nil {
		return err
	}
	view.people(d)
	if err := view.rests(d, s.opts.Now()); err != nil {
		return err
	}
	view.doors(p, path)
	s.teamForms(r, view, p)
	if wrong != nil {
		view.Errors = refuseForm(wrong, &view.Question, &view.Reason, &view.Until)
	}
	return s.show(w, r, status, "team/provider", view)
}

// people fills in the exchange and the members.
func (v *teamProviderView) people(d directory.Dossier) {
	for _, note := range d.Notes {
		by := i18n.M("team.provider.them")
		if note.ByTeam {
			by = i18n.M("team.provider.us")
		}
		v.Notes = append(v.Notes, joinNote{Who: by, Body: note.Body, Note: note})
	}
	for _, m := range d.Members {
		v.Members = append(v.Members, teamMember{Name: nameOf(m.Person), Email: m.Person.Email, Manager: m.Manager, Invited: m.Joined.IsZero()})
	}
}

// rests fills in the rests that are not over.
func (v *teamProviderView) rests(d directory.Dossier, now time.Time) error {
	for _, rest := range d.Pauses {
		begin, err := dayOf(rest.Span.From)
		if err != nil {
			return err
		}
		cause := i18n.M("team.provider.cause." + string(rest.Cause))
		line := teamPause{Words: i18n.M("team.provider.rest-open", "From", begin, "Cause", cause)}
		if !rest.Span.Until.IsZero() {
			last, err := until(rest.Span.Until)
			if err != nil {
				return err
			}
			line.Words = i18n.M("team.provider.rest", "From", begin, "Until", last, "Cause", cause)
		}
		if v.Admin && rest.Span.From.After(now) {
			line.Drop = v.Href(teamProviderPath(d.Provider.PublicID) + "/pauses/" + strconv.FormatInt(rest.ID, 10) + "/retirer")
		}
		v.Pauses = append(v.Pauses, line)
	}
	return nil
}

// doors are what can be done in the provider's state by whoever looks.
func (v *teamProviderView) doors(p directory.Provider, path string) {
	listed := p.State == directory.Listed || p.State == directory.Paused
	if listed {
		v.Public = v.Href(providerPath(p.Slug))
	}
	if p.State == directory.Applied && !p.ConfirmedAt.IsZero() {
		v.Ask = v.Href(path + "/question")
	}
	switch {
	case p.State == directory.Refused && p.RefuseReason != "":
		v.Refusal = &render.Notice{Kind: render.Info, Title: i18n.M("team.provider.refused"), Body: i18n.Raw(p.RefuseReason)}
		if !p.ListedAt.IsZero() {
			v.Refusal.Title = i18n.M("team.provider.taken-out")
		}
	case p.State == directory.Applied && p.TechOnly:
		v.Refusal = &render.Notice{Kind: render.Waiting, Title: i18n.M("team.provider.tech-only"), Body: i18n.M("team.provider.tech-only-body")}
	}
	if !v.Admin {
		return
	}
	if v.Ask != "" {
		v.Accept = v.Href(path + "/accepter")
	}
	if v.Ask != "" || listed {
		v.Refuse = v.Href(path + "/refuser")
	}
	switch p.State {
	case directory.Listed:
		v.Pause = v.Href(path + "/pause")
	case directory.Paused:
		v.Resume = v.Href(path + "/reprendre")
	case directory.Applied, directory.Refused:
	}
}

// teamForms makes the forms, with what was typed into them.
func (s *Server) teamForms(r *http.Request, v *teamProviderView, p directory.Provider) {
	v.Question = render.Field{Name: directory.FieldQuestion, Label: i18n.M("team.provider.question"), Hint: i18n.M("team.provider.question-hint"),
		Rows: 4, MaxLength: directory.TextMax}
	v.Reason = render.Field{Name: directory.FieldReason, Label: i18n.M("team.provider.reason"), Hint: i18n.M("team.provider.reason-hint"), Rows: 7,
		MaxLength: directory.TextMax}
	v.Send = render.Field{Name: "send", Label: i18n.M("team.provider.send"), Optional: true, Checked: true}
	v.Until = render.Field{Name: directory.FieldUntil, Label: i18n.M("team.provider.until"), Hint: i18n.M("team.provider.until-hint"), Type: "date",
		Optional: true, Narrow: true}
	words := s.opts.Render.Locale(languageOf(p.Lang)) // the organisation's: the reason is mailed to it
	asked := r.URL.Query().Get("motif")
	for _, motive := range motives() {
		if p.State != directory.Applied { // they thank for an application: none of them fits what is taken out
			break
		}
		v.Motives = append(v.Motives, render.Link{
			URL: v.Href(teamProviderPath(p.PublicID)+"?motif="+motive) + "#refuser", Text: i18n.M("team.motive.name." + motive),
		})
		if motive == asked {
			v.Reason.Value, v.Open = words.T("team.motive.text."+motive, "Name", p.Profile.Name), true
		}
	}
	if r.Method != http.MethodPost {
		return
	}
	v.Question.Value, v.Until.Value = typed(r, v.Question.Name), typed(r, v.Until.Name)
	if r.PostForm.Has(v.Reason.Name) {
		v.Reason.Value, v.Send.Checked, v.Open = typed(r, v.Reason.Name), typed(r, v.Send.Name) != "", true
	}
}

// teamFacts are what the team wants to know at a glance.
func teamFacts(p directory.Provider) []render.Fact {
	at := func(v any) i18n.Message { return i18n.M("admin.at", "At", v) }
	facts := []render.Fact{
		{Label: i18n.M("team.provider.contact"), Value: i18n.Raw(p.ContactName)},
		{Label: i18n.M("team.provider.email"), Value: i18n.Raw(p.Profile.Email), URL: "mailto:" + p.Profile.Email},
		{Label: i18n.M("team.provider.lang"), Value: i18n.M("admin.lang." + languageOf(p.Lang))},
		{Label: i18n.M("team.provider.capacity"), Value: i18n.M("team.providers.places", "Taken", p.Taken, "Capacity", p.Capacity)},
		{Label: i18n.M("team.provider.applied"), Value: at(p.CreatedAt)},
	}
	if !p.ListedAt.IsZero() {
		facts = append(facts, render.Fact{Label: i18n.M("team.provider.listed"), Value: at(p.ListedAt)})
	}
	if !p.ProfileAt.IsZero() {
		facts = append(facts, render.Fact{Label: i18n.M("team.provider.profile-at"), Value: at(p.ProfileAt)})
	}
	if !p.LastProposed.IsZero() {
		facts = append(facts, render.Fact{Label: i18n.M("team.provider.proposed"), Value: at(p.LastProposed)})
	}
	return facts
}

// offerFacts are what the public page says, in short.
func offerFacts(p directory.Profile) []render.Fact {
	facts := append([]render.Fact{{Label: i18n.M("directory.kinds"), Value: kindList(p.Kinds)}}, providerFacts(p)...)
	if p.Free != "" {
		facts = append(facts, render.Fact{Label: i18n.M("directory.free"), Value: i18n.Raw(p.Free)})
	}
	if p.Quoted != "" {
		facts = append(facts, render.Fact{Label: i18n.M("directory.quoted"), Value: i18n.Raw(p.Quoted)})
	}
	return facts
}

// providerTrail puts a provider's trail in words, latest first.
func providerTrail(trail []identity.Record) []render.Event {
	known := []string{
		"provider.applied", "provider.confirmed", "provider.asked", "provider.answered", "provider.listed", "provider.refused",
		"provider.taken_out", "provider.pause_announced", "provider.pause_begun", "provider.pause_dropped", "provider.paused",
		"provider.resumed", "provider.capacity", "provider.member_added", "provider.member_invited", "provider.member_joined", "provider.member_declined",
		"provider.member_changed", "provider.member_removed",
		"provider.profile_asked", "provider.profile_changed", "provider.profile_confirmed", "provider.profile_unconfirmed",
		"provider.project_added", "provider.project_removed", "provider.forgotten",
	}
	trail = trail[max(0, len(trail)-trailLength):]
	events := make([]render.Event, 0, len(trail))
	for _, line := range slices.Backward(trail) {
		title := i18n.M("admin.trail.action.other", "Action", line.Action)
		if slices.Contains(known, line.Action) {
			title = i18n.M("team.trail." + line.Action)
		}
		events = append(events, render.Event{Kind: providerTrailKind(line.Action), Title: title, At: line.At,
			Body: i18n.M("admin.trail.by", "Who", actor(line))})
	}
	return events
}

func providerTrailKind(action string) render.Kind {
	switch action {
	case "provider.listed", "provider.profile_confirmed":
		return render.Done
	case "provider.refused", "provider.taken_out", "provider.profile_unconfirmed":
		return render.Trouble
	default:
		return render.Info
	}
}
