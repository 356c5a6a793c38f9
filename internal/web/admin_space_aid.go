package web

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// deskAid is a space's support as the team reads it.
type deskAid struct {
	Line     i18n.Message
	Links    []deskLink
	Tickets  []spaceTicketRow
	List     string // of all its tickets
	Page     string // as the association sees it
	Assign   string // where a provider is given by hand; these are "" for what cannot be done
	Withdraw string
	End      string
}

type deskLink struct {
	Name    string
	Tag     render.Tag
	Link    linking.Link
	Reasons []string // why the team made it, why it was declined, why it ended
}

// tellSupport fills in the part about support.
func (s *Server) tellSupport(r *http.Request, view *deskSpaceView, space provisioning.Space) error {
	if !stood(space) {
		return nil
	}
	search, err := s.opts.Linking.TeamSearch(r.Context(), space.ID, s.person(r))
	if err != nil {
		return err
	}
	found, err := s.opts.Tickets.List(r.Context(), tickets.Filter{SpaceID: space.ID, Limit: ticketsOnAid, States: allTicketStates()}, s.reader(r))
	if err != nil {
		return err
	}
	aid := &deskAid{
		Line: i18n.M("team.aid.line." + string(search.Stance)), Tickets: spaceTicketRows(view.Page, found, tickets.SideTeam),
		List: view.Href(spaceTickets(space.PublicID)), Page: view.Href(spaceAid(space.PublicID)),
	}
	path := spacePath(space.PublicID) + "/accompagnement"
	alive := []*linking.Link{search.Pending, search.Current}
	for _, l := range alive {
		if l != nil {
			search.Past = append([]linking.Link{*l}, search.Past...)
		}
	}
	for _, l := range search.Past {
		aid.Links = append(aid.Links, newDeskLink(l))
	}
	if s.decides(r) {
		if search.Stance != linking.NotReady {
			aid.Assign = view.Href(path)
		}
		if search.Pending != nil {
			aid.Withdraw = view.Href(path + "/retirer")
		}
		if search.Current != nil {
			aid.End = view.Href(path + "/terminer")
		}
	}
	view.Aid = aid
	return nil
}

// newDeskLink is a link with all the reasons that were given for what became of it.
func newDeskLink(l linking.Link) deskLink {
	line := deskLink{Name: l.ProviderName, Tag: linkTag(l), Link: l}
	for _, reason := range []string{l.TeamReason, l.DeclineReason, l.EndReason} {
		if reason != "" {
			line.Reasons = append(line.Reasons, reason)
		}
	}
	return line
}

// assignView gives a provider to a space by hand.
type assignView struct {
	render.Page

	Header   render.Header
	Notices  []render.Notice
	Action   string
	Provider render.Field
	Reason   render.Field
	Summary  render.Field
	Over     render.Field
	Back     string
}

// The names of the list of providers, and of the box that lets the team go beyond places and rests.
const (
	fieldProvider = "prestataire"
	fieldOver     = "over"
)

func (s *Server) showAssign(w http.ResponseWriter, r *http.Request) error {
	return s.assignPage(w, r, http.StatusOK, nil)
}

// assignPage shows the form, and what it takes from whom; refused is why it was not done.
func (s *Server) assignPage(w http.ResponseWriter, r *http.Request, status int, refused *problem.Error) error {
	v, search, err := s.spaceSearch(r)
	if err != nil {
		return err
	}
	loads, err := s.opts.Linking.Loads(r.Context(), s.person(r))
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("team.assign.title"))
	path := spacePath(v.Space.PublicID)
	view := &assignView{
		Page: page, Back: page.Href(path), Provider: assignChoices(loads, search),
		Header: render.Header{Title: page.Title, Lead: i18n.M("team.assign.lead", "Name", v.Space.Name),
			Crumbs: deskSpaceCrumbs(page, v.Space)},
		Reason: render.Field{Name: linking.FieldReason, Label: i18n.M("team.assign.reason"), Hint: i18n.M("team.assign.reason-hint"), Rows: 3,
			MaxLength: linking.WordsMax},
		Summary: render.Field{Name: linking.FieldSummary, Label: i18n.M("team.assign.summary"), Hint: i18n.M("team.assign.summary-hint"), Rows: 5,
			MaxLength: linking.WordsMax, Optional: true},
		Over: render.Field{Name: fieldOver, Label: i18n.M("team.assign.over"), Hint: i18n.M("team.assign.over-hint"), Optional: true},
	}
	instead := url.Values{}
	if search.Current != nil {
		instead.Add("lien", search.Current.PublicID)
		view.Notices = append(view.Notices, render.Notice{Kind: render.Info,
			Title: i18n.M("team.assign.replaces", "Name", search.Current.ProviderName), Body: i18n.M("team.assign.replaces-body")})
	}
	if search.Pending != nil {
		instead.Add("lien", search.Pending.PublicID)
		view.Notices = append(view.Notices, render.Notice{Kind: render.Info,
			Title: i18n.M("team.assign.withdraws", "Name", search.Pending.ProviderName)})
	}
	view.Action = page.Href(path + "/accompagnement?" + instead.Encode()) // what the notices say, and nothing else, ends by it
	view.Provider.Value = r.URL.Query().Get(fieldProvider)
	if refused != nil {
		view.Provider.Value, view.Reason.Value = typed(r, fieldProvider), typed(r, linking.FieldReason)
		view.Summary.Value, view.Over.Checked = typed(r, linking.FieldSummary), typed(r, fieldOver) != ""
		view.Errors = refuseForm(refused, &view.Provider, &view.Reason, &view.Summary, &view.Over)
	}
	return s.show(w, r, status, "team/assign", view)
}

// assignChoices are the providers with their places. The present one is not to be chosen again.
func assignChoices(loads []linking.Load, search linking.Search) render.Field {
	field := render.Field{Name: fieldProvider, Label: i18n.M("team.assign.provider"),
		Choices: []render.Choice{{Value: "", Label: i18n.M("team.assign.choose")}}}
	for _, l := range loads {
		if search.Current != nil && search.Current.ProviderID == l.ProviderID {
			continue
		}
		free := max(0, l.Capacity-l.Proposed-l.Current)
		label := i18n.M("team.assign.choice", "Name", l.Name, "Count", free, "Capacity", l.Capacity)
		switch {
		case l.Paused:
			label = i18n.M("team.assign.choice-paused", "Name", l.Name)
		case free == 0:
			label = i18n.M("team.assign.choice-full", "Name", l.Name, "Count", l.Capacity)
		}
		field.Choices = append(field.Choices, render.Choice{Value: l.PublicID, Label: label})
	}
	return field
}

// assignProvider gives a provider to a space by hand.
func (s *Server) assignProvider(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	v, err := s.opts.Provisioning.View(r.Context(), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	provider := typed(r, fieldProvider)
	if provider == "" {
		err = problem.InvalidField(fieldProvider, "problem.provider_chosen")
	} else {
		_, err = s.opts.Linking.Assign(r.Context(), v.Space.ID, linking.Assignment{Provider: provider, Reason: typed(r, linking.FieldReason),
			Summary: typed(r, linking.FieldSummary), Over: typed(r, fieldOver) != "", Instead: r.URL.Query()["lien"]}, s.person(r))
	}
	if p, refused := refusal(err); refused && (p.Code == problem.Invalid || p.Code == problem.Conflict) {
		switch p.Key { // what a box of the form allows is said at the box
		case "problem.provider_full":
			p.Fields = []problem.Field{{Name: fieldOver, Key: "problem.assign_full"}}
		case "problem.provider_paused":
			p.Fields = []problem.Field{{Name: fieldOver, Key: "problem.assign_paused"}}
		}
		return s.assignPage(w, r, statusOf(p.Code), p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, spacePath(v.Space.PublicID), i18n.M("team.flash.assigned"))
}

// stopping is something between a space and a provider that the team can stop, with a reason that both sides read.
type stopping struct {
	path string // below the space's support
	said string // what its sentences begin with
	link func(linking.Search) *linking.Link
	do   func(ctx context.Context, spaceID int64, link, reason string, by identity.Person) error
}

func (s *Server) aProposal() stopping {
	return stopping{
		path: "/retirer", said: "team.withdraw.", do: s.opts.Linking.Withdraw,
		link: func(search linking.Search) *linking.Link { return search.Pending },
	}
}

func (s *Server) anAccompaniment() stopping {
	return stopping{
		path: "/terminer", said: "team.end.", do: s.opts.Linking.End,
		link: func(search linking.Search) *linking.Link { return search.Current },
	}
}

func (s *Server) askTeamWithdraw(w http.ResponseWriter, r *http.Request) error {
	return s.stopPage(w, r, s.aProposal(), http.StatusOK, nil)
}

func (s *Server) teamWithdraw(w http.ResponseWriter, r *http.Request) error {
	return s.stop(w, r, s.aProposal())
}

func (s *Server) askTeamEnd(w http.ResponseWriter, r *http.Request) error {
	return s.stopPage(w, r, s.anAccompaniment(), http.StatusOK, nil)
}

func (s *Server) teamEnd(w http.ResponseWriter, r *http.Request) error {
	return s.stop(w, r, s.anAccompaniment())
}

// stopPage asks why before the team stops something.
func (s *Server) stopPage(w http.ResponseWriter, r *http.Request, what stopping, status int, refused *problem.Error) error {
	v, search, err := s.spaceSearch(r)
	if err != nil {
		return err
	}
	path := spacePath(v.Space.PublicID)
	l := what.link(search)
	if l == nil {
		return s.redirect(w, r, path)
	}
	page := s.page(r, i18n.M(what.said+"title", "Name", l.ProviderName))
	view := reasonView{
		Page: page, Header: render.Header{Title: page.Title,
			Crumbs: deskSpaceCrumbs(page, v.Space)},
		Body:   i18n.M(what.said+"body", "Name", l.ProviderName, "Space", v.Space.Name),
		Action: page.Href(linkAt(path+"/accompagnement"+what.path, l)), Button: i18n.M(what.said + "button"),
		Reason: render.Field{Name: linking.FieldReason, Label: i18n.M("team.stop.reason"), Hint: i18n.M("team.stop.reason-hint"), Rows: 4,
			MaxLength: linking.WordsMax},
		Back: render.Link{URL: page.Href(path), Text: i18n.M(what.said + "back")},
	}
	if refused != nil {
		view.Reason.Value = typed(r, linking.FieldReason)
		view.Errors = summarise(mark(refused, &view.Reason), &view.Reason)
	}
	return s.show(w, r, status, "provider/reason", view)
}

// deskSpaceCrumbs lead to a space as the team sees it.
func deskSpaceCrumbs(page render.Page, space provisioning.Space) []render.Link {
	return append(crumbs(page, pathAdminSpaces, "admin.nav.spaces"),
		render.Link{URL: page.Href(spacePath(space.PublicID)), Text: i18n.Raw(space.Name)})
}

// spaceSearch is the space in the address with its search.
func (s *Server) spaceSearch(r *http.Request) (provisioning.View, linking.Search, error) {
	v, err := s.opts.Provisioning.View(r.Context(), mux.Vars(r)["id"])
	if err != nil {
		return provisioning.View{}, linking.Search{}, err
	}
	search, err := s.opts.Linking.Search(r.Context(), v.Space.ID)
	return v, search, err
}

func (s *Server) stop(w http.ResponseWriter, r *http.Request, what stopping) error {
	if err := parse(r); err != nil {
		return err
	}
	v, err := s.opts.Provisioning.View(r.Context(), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	err = what.do(r.Context(), v.Space.ID, linkIn(r), typed(r, linking.FieldReason), s.person(r))
	if p, refused := refusal(err); refused && p.Code == problem.Invalid {
		return s.stopPage(w, r, what, statusOf(p.Code), p)
	}
	return s.settle(w, r, err, spacePath(v.Space.PublicID), i18n.M(what.said+"done"))
}
