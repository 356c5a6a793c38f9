package web

import (
	"net/http"
	"net/url"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
)

// pathAdminProviders is the desk of the directory.
const pathAdminProviders = pathAdmin + "/prestataires"

// providerTab is a part of the list, as the address names it.
type providerTab string

const (
	tabReview  providerTab = "a-examiner"
	tabAsked   providerTab = "question"
	tabListed  providerTab = "references"
	tabPaused  providerTab = "pause"
	tabRefused providerTab = "refuses"
)

func providerTabs() []providerTab {
	return []providerTab{tabReview, tabAsked, tabListed, tabPaused, tabRefused}
}

// tabOf is the part of the list that a provider stands in.
func tabOf(p directory.Provider) providerTab {
	switch {
	case p.State == directory.Listed:
		return tabListed
	case p.State == directory.Paused:
		return tabPaused
	case p.State == directory.Refused:
		return tabRefused
	case p.Question != "":
		return tabAsked
	default:
		return tabReview
	}
}

// teamProvidersView is the list of providers, by where they stand.
type teamProvidersView struct {
	render.Page

	Header  render.Header
	Tabs    []figure
	Listed  bool // places and marks are shown, of those that have some
	Since   i18n.Message
	Caption i18n.Message
	Rows    []teamProviderRow
	Empty   render.Empty
	Public  string
}

type teamProviderRow struct {
	Name   string
	URL    string
	Place  i18n.Message
	Kinds  i18n.Message
	Places i18n.Message
	At     time.Time
	Tags   []render.Tag
}

// showTeamProviders lists the providers that stand in one place, those that wait longest first.
func (s *Server) showTeamProviders(w http.ResponseWriter, r *http.Request) error {
	all, err := s.opts.Directory.Review(r.Context(), s.person(r), directory.Applied, directory.Listed, directory.Paused, directory.Refused)
	if err != nil {
		return err
	}
	tab := oneOf(providerTabs(), r.URL.Query().Get("etat"))
	if tab == "" {
		tab = tabReview
	}
	page := s.page(r, i18n.M("team.providers.title"))
	view := teamProvidersView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("team.providers.lead")},
		Listed: tab == tabListed || tab == tabPaused, Since: i18n.M("team.providers.since." + string(tab)),
		Caption: i18n.M("team.providers.tab." + string(tab)), Public: page.Href(pathDirectory),
		Empty: render.Empty{Drawing: "ducks", Title: i18n.M("team.providers.empty." + string(tab))},
	}
	counts := map[providerTab]int{}
	for _, p := range all {
		counts[tabOf(p)]++
		if tabOf(p) == tab {
			view.Rows = append(view.Rows, teamRow(page, p))
		}
	}
	for _, t := range providerTabs() {
		view.Tabs = append(view.Tabs, figure{
			URL: page.Href(pathAdminProviders + "?etat=" + string(t)), Count: i18n.M("admin.number", "Count", counts[t]),
			Label: i18n.M("team.providers.tab." + string(t)), Current: t == tab,
		})
	}
	return s.show(w, r, http.StatusOK, "team/providers", view)
}

func teamRow(page render.Page, p directory.Provider) teamProviderRow {
	row := teamProviderRow{
		Name: p.Profile.Name, URL: page.Href(teamProviderPath(p.PublicID)), Kinds: kindList(p.Profile.Kinds),
		Place:  i18n.M("team.providers.place", "Town", p.Profile.Town, "Region", regionWord(p.Profile.Region)),
		Places: i18n.M("team.providers.places", "Taken", p.Taken, "Capacity", p.Capacity), At: p.ConfirmedAt, Tags: providerMarks(p),
	}
	if p.State == directory.Listed || p.State == directory.Paused {
		row.At = p.ListedAt
	}
	return row
}

// providerTag is where a provider stands, for the team.
func providerTag(p directory.Provider) render.Tag {
	switch {
	case p.State == directory.Applied && p.ConfirmedAt.IsZero():
		return render.StateTag("provider", "unconfirmed")
	case p.State == directory.Applied && p.Question != "":
		return render.StateTag("provider", "asked")
	default:
		return render.StateTag("provider", string(p.State))
	}
}

// providerMarks are the state and what else somebody should see.
func providerMarks(p directory.Provider) []render.Tag {
	tags := []render.Tag{providerTag(p)}
	if p.State == directory.Applied && p.TechOnly {
		tags = append(tags, render.Tag{Kind: render.Waiting, Text: i18n.M("team.providers.tech-only")})
	}
	if p.State != directory.Listed && p.State != directory.Paused {
		return tags
	}
	if p.Silent > 0 {
		tags = append(tags, render.Tag{Kind: render.Trouble, Text: i18n.M("team.providers.silent", "Count", p.Silent)})
	}
	if p.OverduePledge > 0 {
		tags = append(tags, render.Tag{Kind: render.Trouble, Text: i18n.M("team.providers.late", "Count", p.OverduePledge)})
	}
	if p.Free() == 0 {
		tags = append(tags, render.StateTag("provider", "full"))
	}
	if !p.ProfileAsked.IsZero() {
		tags = append(tags, render.Tag{Kind: render.Waiting, Text: i18n.M("team.providers.profile-asked")})
	}
	return tags
}

func teamProviderPath(publicID string) string {
	return pathAdminProviders + "/" + url.PathEscape(publicID)
}
