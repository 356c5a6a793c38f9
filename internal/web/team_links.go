package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/support/linking"
	"nichoir/internal/web/render"
)

// pathAdminLinks is the desk of accompaniments.
const pathAdminLinks = pathAdmin + "/accompagnement"

// linksPerPage is how many links one page lists.
const linksPerPage = 50

// teamLinksView is how associations and providers find each other: figures, who needs a word, and the links themselves.
type teamLinksView struct {
	render.Page

	Header  render.Header
	Figures []figure
	Watch   []watchedRow
	Tabs    []figure
	List    i18n.Message // what is listed
	Rows    []teamLinkRow
	Alone   []unlinkedRow // instead of the links, when spaces without a provider are asked for
	Empty   render.Empty
	Pages   render.Pagination
}

// watchedRow is a provider that does not answer, or can take nobody.
type watchedRow struct {
	Name     string
	URL      string
	Places   i18n.Message
	Lapsed   int
	Declined int
	Tags     []render.Tag
	Since    time.Time // of its silence
}

type teamLinkRow struct {
	Space    string
	SpaceAt  string
	Provider string
	Tag      render.Tag
	Origin   i18n.Message
	At       time.Time
	Then     i18n.Message // what is to come, or what came of it
	ThenAt   time.Time
}

func linkStates() []linking.State {
	return []linking.State{linking.Proposed, linking.Accepted, linking.Declined, linking.Lapsed, linking.Ended}
}

func (s *Server) showTeamLinks(w http.ResponseWriter, r *http.Request) error {
	who := s.person(r)
	figures, err := s.opts.Linking.Figures(r.Context(), who)
	if err != nil {
		return err
	}
	loads, err := s.opts.Linking.Loads(r.Context(), who)
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("team.links.title"))
	view := &teamLinksView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("team.links.lead")},
		Watch: watched(page, loads), List: i18n.M("team.links.links"),
		Empty: render.Empty{Drawing: "ducks", Title: i18n.M("team.links.empty")},
	}
	q := r.URL.Query()
	state, alone := oneOf(linkStates(), q.Get("etat")), oneOf(stancesAlone(), q.Get("sans"))
	if alone != "" {
		err = s.listAlone(r, view, alone)
	} else {
		err = s.listLinks(r, view, state)
	}
	if err != nil {
		return err
	}
	view.Figures, view.Tabs = linkFigures(page, figures, alone), linkTabs(page, figures, state, alone)
	return s.show(w, r, http.StatusOK, "team/links", view)
}

// listLinks lists links, those in one state when one is chosen.
func (s *Server) listLinks(r *http.Request, view *teamLinksView, state linking.State) error {
	var states []linking.State
	here := url.Values{}
	if state != "" {
		states = append(states, state)
		here.Set("etat", string(state))
	}
	links, err := s.opts.Linking.All(r.Context(), s.person(r), lastSeen(r), linksPerPage+1, states...)
	if err != nil {
		return err
	}
	links = leaf(r, view, here, links, func(l linking.Link) int64 { return l.ID })
	for _, l := range links {
		view.Rows = append(view.Rows, teamLink(view.Page, l))
	}
	return nil
}

// lastSeen is the id after which the page's list begins; 0 for its first page.
func lastSeen(r *http.Request) int64 {
	id, err := strconv.ParseInt(r.URL.Query().Get("apres"), 10, 64)
	if err != nil {
		return 0 // what is no number begins anew
	}
	return max(id, 0)
}

// leaf cuts what was read to one page and fills in where the others are; here is the address of the list.
func leaf[T any](r *http.Request, view *teamLinksView, here url.Values, rows []T, id func(T) int64) []T {
	if lastSeen(r) > 0 {
		view.Pages.Previous, view.Pages.Summary = view.Href(withQuery(pathAdminLinks, here)), i18n.M("ticket.list.back-to-first")
	}
	if len(rows) > linksPerPage {
		rows = rows[:linksPerPage]
		here.Set("apres", itoa(id(rows[len(rows)-1])))
		view.Pages.Next = view.Href(withQuery(pathAdminLinks, here))
	}
	return rows
}

func withQuery(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// linkFigures say how well it goes; those of spaces lead to them.
func linkFigures(page render.Page, f linking.Figures, chosen linking.Stance) []figure {
	count := func(n int, label string, stance linking.Stance) figure {
		return figure{Count: i18n.M("admin.number", "Count", n), Label: i18n.M(label, "Count", n), Current: chosen == stance,
			URL: page.Href(pathAdminLinks+"?sans="+string(stance)) + "#liens"}
	}
	out := []figure{
		count(f.Unlinked, "team.links.unlinked", anyStance), count(f.Stances[linking.Exhausted], "team.links.exhausted", linking.Exhausted),
		count(f.Stances[linking.Later], "team.links.later", linking.Later),
		{Count: i18n.M("team.providers.places", "Taken", f.Taken, "Capacity", f.Places), Label: i18n.M("team.links.places")},
	}
	if f.AnswerP50 > 0 {
		out = append(out, figure{Count: i18n.M("team.links.took", "Duration", f.AnswerP50), Label: i18n.M("team.links.answer")})
	}
	return out
}

// watched are the providers that somebody of the team should have an eye on: silent, full, or pausing.
func watched(page render.Page, loads []linking.Load) []watchedRow {
	var rows []watchedRow
	for _, l := range loads {
		var tags []render.Tag
		if !l.SilentSince.IsZero() {
			tags = append(tags, render.Tag{Kind: render.Trouble, Text: i18n.M("team.links.silent")})
		}
		if l.Proposed+l.Current >= l.Capacity {
			tags = append(tags, render.StateTag("provider", "full"))
		}
		if l.Paused {
			tags = append(tags, render.StateTag("provider", "paused"))
		}
		if len(tags) == 0 {
			continue
		}
		rows = append(rows, watchedRow{
			Name: l.Name, URL: page.Href(teamProviderPath(l.PublicID)), Lapsed: l.Lapsed, Declined: l.Declined, Tags: tags, Since: l.SilentSince,
			Places: i18n.M("team.providers.places", "Taken", l.Proposed+l.Current, "Capacity", l.Capacity),
		})
	}
	return rows
}

// linkTabs are the states, with all of them first.
func linkTabs(page render.Page, f linking.Figures, chosen linking.State, alone linking.Stance) []figure {
	all := 0
	for _, n := range f.States {
		all += n
	}
	tabs := []figure{{
		URL: page.Href(pathAdminLinks), Count: i18n.M("admin.number", "Count", all), Label: i18n.M("team.links.all"), Current: chosen == "" && alone == "",
	}}
	for _, state := range linkStates() {
		tabs = append(tabs, figure{
			URL: page.Href(pathAdminLinks + "?etat=" + string(state)), Count: i18n.M("admin.number", "Count", f.States[state]),
			Label: i18n.M("team.links.state." + string(state)), Current: chosen == state,
		})
	}
	return tabs
}

// teamLink is a link as the team reads it.
func teamLink(page render.Page, l linking.Link) teamLinkRow {
	row := teamLinkRow{
		Space: l.SpaceName, SpaceAt: page.Href(spacePath(l.SpacePublicID)), Provider: l.ProviderName, Tag: linkTag(l),
		Origin: i18n.M("team.links.origin." + string(l.Origin)), At: l.ProposedAt,
	}
	switch {
	case l.State == linking.Proposed && l.DueAt.IsZero():
		row.Then = i18n.M("team.links.then.resting")
	case l.State == linking.Proposed:
		row.Then, row.ThenAt = i18n.M("team.links.then.due"), l.DueAt
	case !l.EndedAt.IsZero():
		row.ThenAt = l.EndedAt
	default:
		row.ThenAt = l.Since()
	}
	return row
}

// linkTag is a link's state, with who ended it where that is not told by the state.
func linkTag(l linking.Link) render.Tag {
	tag := render.StateTag("link", string(l.State))
	if code := endCode(l); code != "" {
		tag.Text = i18n.M("team.links.ended." + code)
	}
	return tag
}
