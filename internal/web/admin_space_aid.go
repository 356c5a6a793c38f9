package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
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
	Name   string
	Tag    render.Tag
	Link   linking.Link
	Reason string // why the team made it, or why it ended
}

// tellSupport fills in the part about support.
func (s *Server) tellSupport(r *http.Request, view *deskSpaceView, space provisioning.Space) error {
	if !stood(space) {
		return nil
	}
	search, err := s.opts.Linking.Search(r.Context(), space.ID)
	if err != nil {
		return err
	}
	found, err := s.opts.Tickets.List(r.Context(), tickets.Filter{SpaceID: space.ID, Limit: ticketsOnAid, States: allTicketStates()}, s.reader(r))
	if err != nil {
		return err
	}
	aid := &deskAid{
		Line: i18n.M("team.aid.line." + string(search.Stance)), Tickets: spaceTicketRows(view.Page, found),
		List: view.Href(spaceTickets(space.PublicID)), Page: view.Href(spaceAid(space.PublicID)),
	}
	for i := range aid.Tickets {
		aid.Tickets[i].Tag = ticketTag(found[i], tickets.SideTeam)
	}
	path := spacePath(space.PublicID) + "/accompagnement"
	alive := []*linking.Link{search.Pending, search.Current}
	for _, l := range alive {
		if l != nil {
			search.Past = append([]linking.Link{*l}, search.Past...)
		}
	}
	for _, l := range search.Past {
		line, err := s.deskLinkOf(r, l)
		if err != nil {
			return err
		}
		aid.Links = append(aid.Links, line)
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

// deskLinkOf is a link with the reason that the team gave for it, which a search keeps to itself.
func (s *Server) deskLinkOf(r *http.Request, l linking.Link) (deskLink, error) {
	line := deskLink{Name: l.ProviderName, Tag: linkTag(l), Link: l, Reason: l.DeclineReason}
	if l.EndReason != "" {
		line.Reason = l.EndReason
	}
	whole, err := s.opts.Linking.LinkByID(r.Context(), l.ID)
	if err != nil {
		return deskLink{}, err
	}
	if line.Reason == "" {
		line.Reason = whole.TeamReason
	}
	return line, nil
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

// fieldProvider is the name of the list of providers.
const fieldProvider = "prestataire"

func (s *Server) showAssign(w http.ResponseWriter, r *http.Request) error {
	return s.assignPage(w, r, http.StatusOK, nil)
}

// assignPage shows the form, and what it takes from whom; refused is why it was not done.
func (s *Server) assignPage(w http.ResponseWriter, r *http.Request, status int, refused *problem.Error) error {
	v, err := s.opts.Provisioning.View(r.Context(), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	search, err := s.opts.Linking.Search(r.Context(), v.Space.ID)
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
		Page: page, Action: page.Href(path + "/accompagnement"), Back: page.Href(path), Provider: assignChoices(loads, search),
		Header: render.Header{Title: page.Title, Lead: i18n.M("team.assign.lead", "Name", v.Space.Name),
			Crumbs: append(crumbs(page, pathAdminSpaces, "admin.nav.spaces"), render.Link{URL: page.Href(path), Text: i18n.Raw(v.Space.Name)})},
		Reason: render.Field{Name: linking.FieldReason, Label: i18n.M("team.assign.reason"), Hint: i18n.M("team.assign.reason-hint"), Rows: 3,
			MaxLength: linking.WordsMax},
		Summary: render.Field{Name: linking.FieldSummary, Label: i18n.M("team.assign.summary"), Hint: i18n.M("team.assign.summary-hint"), Rows: 5,
			MaxLength: linking.WordsMax, Optional: true},
		Over: render.Field{Name: "over", Label: i18n.M("team.assign.over"), Hint: i18n.M("team.assign.over-hint"), Optional: true},
	}
	if search.Current != nil {
		view.Notices = append(view.Notices, render.Notice{Kind: render.Info,
			Title: i18n.M("team.assign.replaces", "Name", search.Current.ProviderName), Body: i18n.M("team.assign.replaces-body")})
	}
	if search.Pending != nil {
		view.Notices = append(view.Notices, render.Notice{Kind: render.Info,
			Title: i18n.M("team.assign.withdraws", "Name", search.Pending.ProviderName)})
	}
	view.Provider.Value = r.URL.Query().Get(fieldProvider)
	if refused != nil {
		view.Provider.Value, view.Reason.Value = typed(r, fieldProvider), typed(r, linking.FieldReason)
		view.Summary.Value, view.Over.Checked = typed(r, linking.FieldSummary), typed(r, "over") != ""
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
		_, err = s.opts.Linking.Assign(r.Context(), v.Space.ID, provider, typed(r, linking.FieldReason), typed(r, linking.FieldSummary),
			typed(r, "over") != "", s.person(r))
	}
	if p, refused := refusal(err); refused && (p.Code == problem.Invalid || p.Code == problem.Conflict) {
		return s.assignPage(w, r, statusOf(p.Code), p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, spacePath(v.Space.PublicID), i18n.M("team.flash.assigned"))
}

// askTeamWithdraw asks before the team takes a proposal back.
func (s *Server) askTeamWithdraw(w http.ResponseWriter, r *http.Request) error {
	v, search, err := s.spaceSearch(r)
	if err != nil {
		return err
	}
	path := spacePath(v.Space.PublicID)
	if search.Pending == nil {
		return s.redirect(w, r, path)
	}
	page := s.page(r, i18n.M("team.withdraw.title", "Name", search.Pending.ProviderName))
	return s.show(w, r, http.StatusOK, "lead/ask", askView{
		Page: page, Header: render.Header{Title: page.Title,
			Crumbs: append(crumbs(page, pathAdminSpaces, "admin.nav.spaces"), render.Link{URL: page.Href(path), Text: i18n.Raw(v.Space.Name)})},
		Body:   i18n.M("team.withdraw.body", "Name", search.Pending.ProviderName, "Space", v.Space.Name),
		Action: page.Href(path + "/accompagnement/retirer"), Button: i18n.M("team.withdraw.button"),
		Back: render.Link{URL: page.Href(path), Text: i18n.M("team.withdraw.back")},
	})
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

func (s *Server) teamWithdraw(w http.ResponseWriter, r *http.Request) error {
	v, _, err := s.spaceSearch(r)
	if err != nil {
		return err
	}
	err = s.opts.Linking.Withdraw(r.Context(), v.Space.ID, s.person(r))
	if p, refused := refusal(err); refused && p.Code == problem.Conflict {
		return s.warn(w, r, spacePath(v.Space.PublicID), sentence(p))
	}
	if err != nil {
		return err
	}
	return s.done(w, r, spacePath(v.Space.PublicID), i18n.M("team.flash.withdrawn"))
}

func (s *Server) askTeamEnd(w http.ResponseWriter, r *http.Request) error {
	return s.teamEndPage(w, r, http.StatusOK, nil)
}

// teamEndPage asks why before the team ends an accompaniment.
func (s *Server) teamEndPage(w http.ResponseWriter, r *http.Request, status int, refused *problem.Error) error {
	v, search, err := s.spaceSearch(r)
	if err != nil {
		return err
	}
	path := spacePath(v.Space.PublicID)
	if search.Current == nil {
		return s.redirect(w, r, path)
	}
	page := s.page(r, i18n.M("team.end.title", "Name", search.Current.ProviderName))
	view := reasonView{
		Page: page, Header: render.Header{Title: page.Title,
			Crumbs: append(crumbs(page, pathAdminSpaces, "admin.nav.spaces"), render.Link{URL: page.Href(path), Text: i18n.Raw(v.Space.Name)})},
		Body:   i18n.M("team.end.body", "Name", search.Current.ProviderName, "Space", v.Space.Name),
		Action: page.Href(path + "/accompagnement/terminer"), Button: i18n.M("team.end.button"),
		Reason: render.Field{Name: linking.FieldReason, Label: i18n.M("team.end.reason"), Hint: i18n.M("team.end.reason-hint"), Rows: 4,
			MaxLength: linking.WordsMax},
		Back: render.Link{URL: page.Href(path), Text: i18n.M("team.end.back")},
	}
	if refused != nil {
		view.Reason.Value = typed(r, linking.FieldReason)
		view.Errors = summarise(mark(refused, &view.Reason), &view.Reason)
	}
	return s.show(w, r, status, "provider/reason", view)
}

func (s *Server) teamEnd(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	v, search, err := s.spaceSearch(r)
	if err != nil {
		return err
	}
	reason := typed(r, linking.FieldReason)
	if reason == "" && search.Current != nil {
		err = problem.InvalidField(linking.FieldReason, "problem.end_reason")
	} else {
		err = s.opts.Linking.End(r.Context(), v.Space.ID, reason, s.person(r))
	}
	p, refused := refusal(err)
	switch {
	case refused && p.Code == problem.Invalid:
		return s.teamEndPage(w, r, statusOf(p.Code), p)
	case refused && p.Code == problem.Conflict:
		return s.warn(w, r, spacePath(v.Space.PublicID), sentence(p))
	case err != nil:
		return err
	}
	return s.done(w, r, spacePath(v.Space.PublicID), i18n.M("team.flash.ended"))
}
