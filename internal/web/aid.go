package web

import (
	"html/template"
	"net/http"
	"net/url"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support/linking"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// aidView is a space's page of support: where the search for a provider stands, and the one thing to do next.
type aidView struct {
	render.Page

	path      string // of the page itself, wherever the form stood that it answers
	Header    render.Header
	Notices   []render.Notice
	Stance    string
	Leads     bool         // the lead looks; others read, and ask for help
	Reader    i18n.Message // why others find no buttons
	Ask       *aidAsk      // a provider was picked: what is left is to ask it
	Cards     []aidCard
	Directory string // with the needs as filters
	NotYet    string // where "none yet" goes, "" when it cannot be said
	Resume    string // where "none yet" is taken back
	Needs     *aidNeeds
	Asked     *aidAsked // a provider is asked
	Provider  *aidProvider
	Change    bool // another provider may be asked beside the present one
	Start     aidStart
	Advice    []i18n.Message // what would let somebody fit, when nobody does
	Tickets   []spaceTicketRow
	List      string // of all tickets
	New       string // where help is asked for
	Past      []aidPast
	Coleads   aidColeads
}

// aidStart is where help starts, with or without a provider.
type aidStart struct {
	Guides, Forum, Directory string // "": there is none
	Team                     string // a ticket for the team; "" while there is a provider
	Mail                     string // where one writes instead of signing in
}

// aidTyped is what was sent to the page and refused, so that it is shown again.
type aidTyped struct {
	problem *problem.Error
	slug    string // of the provider that was asked
	needs   *linking.Needs
}

// decidesAid lets in the lead of the space in the address: whom the association turns to is the lead's to decide. Co-leads and
// staff read the page, and the team has a desk of its own for what it decides in an association's place.
func decidesAid(s *Server, r *http.Request) error {
	if err := helps(s, r); err != nil {
		return err
	}
	if visitOf(r).space.Space.PersonID != s.person(r).ID {
		return problem.New(problem.Forbidden, "problem.lead_only")
	}
	return nil
}

func spaceAid(publicID string) string { return "/espace/" + url.PathEscape(publicID) + "/aide" }

func (s *Server) showAid(w http.ResponseWriter, r *http.Request) error {
	return s.aidPage(w, r, http.StatusOK, aidTyped{slug: r.URL.Query().Get("prestataire")})
}

// aidPage shows the page, with what was typed into a form that was refused.
func (s *Server) aidPage(w http.ResponseWriter, r *http.Request, status int, in aidTyped) error {
	view, err := s.viewOfAid(r, in)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		view.Path, view.Query = view.path, "" // where the language can be changed
	}
	return s.show(w, r, status, "aid/show", view)
}

func (s *Server) viewOfAid(r *http.Request, in aidTyped) (*aidView, error) {
	space := visitOf(r).space.Space
	search, err := s.opts.Linking.Search(r.Context(), space.ID)
	if err != nil {
		return nil, err
	}
	page := s.page(r, i18n.M("aid.title."+string(search.Stance), "Name", holderOfSearch(search)))
	path := spaceAid(space.PublicID)
	view := &aidView{
		Page: page, path: path, Stance: string(search.Stance), Leads: space.PersonID == s.person(r).ID,
		Header: render.Header{Title: page.Title, Crumbs: s.spaceCrumbs(r, page)}, Directory: page.Href(needsLink(search.Needs).at(pathDirectory)),
		List: page.Href(spaceTickets(space.PublicID)), New: page.Href(spaceTickets(space.PublicID) + "/nouveau"),
		Start: aidStart{Guides: s.opts.Guides, Forum: s.opts.Forum, Directory: page.Href(pathDirectory), Mail: s.opts.HelpAddress},
	}
	if !view.Leads {
		view.Reader = i18n.M("aid.reader.colead")
		if s.reader(r).Role != "" {
			view.Reader = i18n.M("aid.reader.team", "URL", page.Href(spacePath(space.PublicID)))
		}
	}
	if search.Current == nil {
		view.Start.Team = view.New
	}
	if search.Stance != linking.NotReady {
		view.Needs = newAidNeeds(page, path, search, in)
	}
	for _, p := range search.Proposals {
		view.Cards = append(view.Cards, proposalCard(page, space.PublicID, p))
	}
	if err := s.tellStance(r, view, search, space); err != nil {
		return nil, err
	}
	if err := s.pick(r, view, search, in); err != nil {
		return nil, err
	}
	if err := s.aidPeople(r, view, search); err != nil {
		return nil, err
	}
	view.refused(in)
	return view, nil
}

// holderOfSearch is the provider that the title names.
func holderOfSearch(search linking.Search) string {
	switch {
	case search.Current != nil:
		return search.Current.ProviderName
	case search.Pending != nil:
		return search.Pending.ProviderName
	default:
		return ""
	}
}

// tellStance fills in what belongs to where the search stands, and the page's first button.
func (s *Server) tellStance(r *http.Request, view *aidView, search linking.Search, space provisioning.Space) error {
	path := view.path
	view.Header.Lead = i18n.M("aid.lead." + view.Stance)
	ask := render.Link{URL: view.New, Text: i18n.M("aid.ask-help")}
	switch search.Stance {
	case linking.NotReady:
		if !stood(space) {
			view.Start.Team = ""
			break
		}
		view.Header.Lead, view.Header.Action = i18n.M("aid.lead.not_working"), ask
	case linking.Choosing:
		view.NotYet = view.Href(path + "/plus-tard")
	case linking.Later:
		day, err := dayOf(search.AskAt)
		if err != nil {
			return err
		}
		view.Header.Lead, view.Resume = i18n.M("aid.lead.later", "Date", day), view.Href(path+"/reprendre")
	case linking.Exhausted:
		view.Header.Action = render.Link{URL: view.New, Text: i18n.M("aid.ask-team")}
		view.Advice = adviceFor(search)
		if search.Refusals >= linking.MaxRefusals {
			view.Header.Lead = i18n.M("aid.lead.refused", "Count", search.Refusals)
		}
		view.NotYet = view.Href(path + "/plus-tard")
	case linking.Waiting:
		view.Header.Action = render.Link{URL: view.New, Text: i18n.M("aid.ask-team")}
	case linking.Linked:
		view.Header.Action = ask
		view.Change = view.Leads && search.Pending == nil
		if err := s.tellProvider(r, view, *search.Current); err != nil {
			return err
		}
	}
	if search.Pending != nil {
		view.Asked = &aidAsked{
			Name: search.Pending.ProviderName, URL: view.Href(providerPath(search.Pending.ProviderSlug)), Words: search.Pending.Words,
			At: search.Pending.ProposedAt, Due: search.Pending.DueAt, Beside: search.Current != nil, Origin: search.Pending.Origin == linking.FromNext,
		}
		if view.Leads {
			view.Asked.Withdraw = view.Href(path + "/retirer")
		}
	}
	if !view.Leads {
		view.NotYet, view.Resume = "", ""
	}
	return nil
}

// aidAsked is a proposal that waits for its provider.
type aidAsked struct {
	Name     string
	URL      string
	Words    string
	At       time.Time
	Due      time.Time // zero: the provider pauses, without an end
	Beside   bool      // there is another one, until this one accepts
	Origin   bool      // asked by itself, after another one declined or did not answer
	Withdraw string    // where it is taken back; "" for who may not
}

// aidProvider is the present provider, with all that is needed to reach it.
type aidProvider struct {
	Name    string
	URL     string // its page; "" once it has none
	Since   time.Time
	Email   string
	Phone   string
	Dial    template.URL // dials Phone; "" without one
	Website render.Link
	End     string // where the accompaniment is ended; "" for who may not
}

// tellProvider fills in the present provider.
func (s *Server) tellProvider(r *http.Request, view *aidView, l linking.Link) error {
	p, err := s.opts.Directory.Provider(r.Context(), l.ProviderID)
	if err != nil {
		return err
	}
	view.Provider = &aidProvider{
		Name: p.Profile.Name, URL: view.Href(providerPath(p.Slug)), Since: l.Since(), Email: p.Profile.Email,
		Phone: p.Profile.Phone, Dial: telephone(p.Profile.Phone),
		Website: render.Link{URL: p.Profile.Website, Text: i18n.Raw(siteName(p.Profile.Website))},
	}
	if view.Leads {
		view.Provider.End = view.Href(view.path + "/terminer")
	}
	return nil
}

// refused says why a form was not taken: beside its fields, or above the page.
func (view *aidView) refused(in aidTyped) {
	if in.problem == nil {
		return
	}
	var fields []*render.Field
	if view.Ask != nil {
		fields = append(fields, &view.Ask.Words)
		if view.Ask.Summary != nil {
			fields = append(fields, view.Ask.Summary)
		}
	}
	if in.needs != nil && view.Needs != nil {
		fields = view.Needs.fields()
	}
	whole := mark(in.problem, fields...)
	if in.problem.Code == problem.Invalid {
		view.Errors = summarise(whole, fields...)
		return
	}
	for _, text := range whole {
		view.Notices = append(view.Notices, render.Notice{Kind: render.Trouble, Title: text})
	}
}
