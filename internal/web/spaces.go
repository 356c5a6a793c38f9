package web

import (
	"net/http"
	"slices"

	"nichoir/internal/i18n"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// showOwnSpaces lists what is the person's: spaces, and applications that are on their way. With a single one, and no
// other address to look after, it leads there.
func (s *Server) showOwnSpaces(w http.ResponseWriter, r *http.Request) error {
	session, _ := s.session(r)
	spaces, err := s.opts.Provisioning.SpacesOf(r.Context(), session.Person.ID)
	if err != nil {
		return err
	}
	statuses, err := s.opts.Onboarding.StatusesOf(r.Context(), session.Person.ID)
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("lead.spaces.title"))
	view := ownSpacesView{Page: page, Header: render.Header{Title: page.Title}}
	for _, sp := range spaces {
		view.Spaces = append(view.Spaces, ownLine{Name: sp.Name, URL: page.Href("/espace/" + sp.PublicID),
			Tag: render.StateTag("space", string(sp.State))})
	}
	if err := s.helpedSpaces(r, &view, spaces); err != nil {
		return err
	}
	for _, st := range statuses {
		if st.Space != nil {
			continue
		}
		state := string(st.Application.State)
		if st.BeingDecided {
			state = "deciding"
		}
		view.Applications = append(view.Applications, ownLine{Name: st.Application.Association,
			URL: page.Href("/suivi/" + st.Application.PublicID), Tag: render.StateTag("application", state)})
	}
	if view.Addresses, err = s.addressesLink(r, page); err != nil {
		return err
	}
	if all := slices.Concat(view.Spaces, view.Helped, view.Applications); len(all) == 1 && page.Flash == nil && view.Addresses.URL == "" {
		http.Redirect(w, r, all[0].URL, http.StatusSeeOther)
		return nil
	}
	view.Empty = render.Empty{Drawing: "empty-nest", Title: i18n.M("lead.spaces.none"), Body: i18n.M("lead.spaces.none-body"),
		Action: render.Link{URL: page.Href(pathApply), Text: i18n.M("public.landing.apply")}}
	return s.show(w, r, http.StatusOK, "lead/spaces", view)
}

// helpedSpaces adds the spaces of which the person is a co-lead: the part about support alone is theirs.
func (s *Server) helpedSpaces(r *http.Request, view *ownSpacesView, own []provisioning.Space) error {
	ids, err := s.opts.Tickets.SpacesOf(r.Context(), s.person(r).ID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if slices.ContainsFunc(own, func(sp provisioning.Space) bool { return sp.PublicID == id }) {
			continue
		}
		v, err := s.opts.Provisioning.View(r.Context(), id)
		if err != nil {
			return err
		}
		view.Helped = append(view.Helped, ownLine{Name: v.Space.Name, URL: view.Href(spaceAid(id)), Tag: render.StateTag("space", string(v.Space.State))})
	}
	return nil
}

// ownSpacesView lists a person's spaces and applications.
type ownSpacesView struct {
	render.Page

	Header       render.Header
	Spaces       []ownLine
	Helped       []ownLine // where the person may ask for help, as a co-lead
	Applications []ownLine
	Empty        render.Empty
	Addresses    render.Link // zero for who has no others
}

type ownLine struct {
	Name string
	URL  string
	Tag  render.Tag
}
