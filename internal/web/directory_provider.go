package web

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// providerView is a provider's public page.
type providerView struct {
	render.Page

	Header   render.Header
	Resting  *render.Notice
	Profile  directory.Profile
	Kinds    []i18n.Message
	Facts    []render.Fact
	Projects []directory.Project
	Mail     string
	Phone    template.URL
	Site     string // the website without what every address begins with
	Choose   bool   // it takes somebody: the page's action is to choose it
	Back     string
}

// showProvider shows a listed provider, or one that pauses.
func (s *Server) showProvider(w http.ResponseWriter, r *http.Request) error {
	p, err := s.opts.Directory.BySlug(r.Context(), mux.Vars(r)["slug"])
	if err != nil {
		return err
	}
	page := s.page(r, i18n.Raw(p.Profile.Name))
	page.Description = i18n.Raw(cut(p.Profile.Presentation, snippet))
	view := providerView{
		Page: page, Profile: p.Profile, Projects: p.Projects, Facts: providerFacts(p.Profile), Mail: "mailto:" + p.Profile.Email,
		Phone: telephone(p.Profile.Phone), Site: siteName(p.Profile.Website), Back: page.Href(pathDirectory),
		Header: render.Header{
			Title: page.Title, Lead: whoWords(p.Profile), Tag: new(placeTag(p)),
			Crumbs: []render.Link{{URL: page.Href(pathDirectory), Text: i18n.M("directory.nav")}},
		},
	}
	for _, kind := range p.Profile.Kinds {
		view.Kinds = append(view.Kinds, kindWord(kind))
	}
	if p.State == directory.Listed && p.Free() > 0 {
		view.Choose = true
		view.Header.Action = render.Link{URL: page.Href(providerPath(p.Slug) + "/choisir"), Text: i18n.M("directory.choose")}
	} else if view.Resting, err = whyNot(page, p); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "directory/provider", view)
}

// whyNot tells why a provider takes nobody now, and what else there is.
func whyNot(page render.Page, p directory.Provider) (*render.Notice, error) {
	n := &render.Notice{Kind: render.Info, Title: i18n.M("directory.no-place"), Body: i18n.M("directory.rests-body", "URL", page.Href(pathDirectory+"?libre=oui"))}
	switch {
	case p.State == directory.Paused && !p.PausedUntil.IsZero():
		last, err := until(p.PausedUntil)
		if err != nil {
			return nil, err
		}
		n.Title = i18n.M("directory.rests-until", "Date", last)
	case p.State == directory.Paused:
		n.Title = i18n.M("directory.rests")
	}
	return n, nil
}

// providerFacts are what can be said of a provider in a few words each.
func providerFacts(p directory.Profile) []render.Fact {
	return []render.Fact{
		{Label: i18n.M("directory.where"), Value: servedWords(p, 0)},
		{Label: i18n.M("directory.for"), Value: sizesWords(p.Sizes)},
		{Label: i18n.M("directory.speaks"), Value: listWords(p.Languages, languageWord)},
		{Label: i18n.M("directory.people"), Value: i18n.M("directory.people-count", "Count", p.People)},
	}
}

// telephone is the address that dials a number, "" for what has no digits.
func telephone(number string) template.URL {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number)
	if digits == "" {
		return ""
	}
	return template.URL("tel:" + digits) //nolint:gosec // digits and signs alone are left of it
}

// siteName is how people say an address.
func siteName(address string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "www."), "/")
}

// chooseView asks for which of several spaces a provider is chosen.
type chooseView struct {
	render.Page

	Header render.Header
	Spaces []render.Link
	Empty  render.Empty
}

// chooseProvider leads a lead to the page of support of their space, where the choice is made. Nothing is chosen here.
func (s *Server) chooseProvider(w http.ResponseWriter, r *http.Request) error {
	p, err := s.opts.Directory.BySlug(r.Context(), mux.Vars(r)["slug"])
	if err != nil {
		return err
	}
	spaces, err := s.opts.Provisioning.SpacesOf(r.Context(), s.person(r).ID)
	if err != nil {
		return err
	}
	spaces = slices.DeleteFunc(spaces, func(sp provisioning.Space) bool { return !sp.State.Works() })
	if len(spaces) == 1 {
		return s.redirect(w, r, aidPath(spaces[0].PublicID, p.Slug))
	}
	page := s.page(r, i18n.M("directory.choose.title"))
	view := chooseView{
		Page: page,
		Header: render.Header{Title: page.Title, Crumbs: []render.Link{
			{URL: page.Href(pathDirectory), Text: i18n.M("directory.nav")},
			{URL: page.Href(providerPath(p.Slug)), Text: i18n.Raw(p.Profile.Name)},
		}},
		Empty: render.Empty{Drawing: "empty-nest", Title: i18n.M("directory.choose.none"), Body: i18n.M("directory.choose.none-body"),
			Action: render.Link{URL: page.Href(providerPath(p.Slug)), Text: i18n.M("directory.choose.back", "Name", p.Profile.Name)}},
	}
	if len(spaces) > 0 {
		view.Header.Lead = i18n.M("directory.choose.lead", "Name", p.Profile.Name)
	}
	for _, sp := range spaces {
		view.Spaces = append(view.Spaces, render.Link{URL: page.Href(aidPath(sp.PublicID, p.Slug)), Text: i18n.Raw(sp.Name)})
	}
	return s.show(w, r, http.StatusOK, "directory/choose", view)
}

// aidPath is a space's page of support, with a provider to choose there.
func aidPath(space, slug string) string {
	return spaceAid(space) + "?prestataire=" + url.QueryEscape(slug)
}
