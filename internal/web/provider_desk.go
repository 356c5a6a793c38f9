package web

import (
	"net/http"
	"slices"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
	"nichoir/internal/web/render"
)

// deskTickets is how many tickets the desk looks at. Open ones come first and are far fewer; of those that are over it only
// tells which was an association's last.
const deskTickets = 500

// providerDeskView is a provider's desk: first what waits for its members, then what goes on.
type providerDeskView struct {
	render.Page

	Header       render.Header
	Notices      []render.Notice
	Requests     []requestCard
	Tickets      []deskTicket
	UrgentTag    render.Tag
	Associations []deskAssociation
	Former       formerLinks
	Fresh        bool // nothing ever came
	Directory    string
	Places       placesView
	Rest         restView
	Organisation []render.Link
	Manager      bool
}

// deskTicket is an open ticket in the list.
type deskTicket struct {
	Number   i18n.Message
	URL      string
	Title    i18n.Message
	Kind     i18n.Message // zero when the title is as much
	Space    string
	At       time.Time
	Tag      render.Tag
	Urgent   bool
	Late     bool
	Promise  i18n.Message // what is promised next; the zero Message while no clock runs
	Due      time.Time
	Assignee string
}

// deskAssociation is an accepted link.
type deskAssociation struct {
	Name  string
	Since time.Time
	Last  i18n.Message // the last ticket
	URL   string       // of the last ticket
	LastT time.Time
	New   int
	Leave string
}

// formerLinks are links that are over: a count and dates, for nothing else is the provider's any more.
type formerLinks struct {
	Count int
	Lines []formerLine
}

type formerLine struct {
	Tag  render.Tag
	Span i18n.Message
}

// showProviderDesk shows the desk.
func (s *Server) showProviderDesk(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewOfDesk(r)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "provider/desk", view)
}

func (s *Server) viewOfDesk(r *http.Request) (*providerDeskView, error) {
	m := member(r)
	p := m.Provider
	where, err := paris()
	if err != nil {
		return nil, err
	}
	page := s.page(r, i18n.Raw(p.Profile.Name))
	tag := render.StateTag("provider", string(p.State))
	view := &providerDeskView{
		Page: page, Header: render.Header{Title: page.Title, Tag: &tag}, Manager: m.Manager,
		Directory: page.Href(providerPath(p.Slug)), Places: newPlacesView(page, m), Organisation: organisation(page, m),
		Notices: deskNotices(page, m), UrgentTag: render.Tag{Kind: render.Trouble, Text: i18n.M("provider.desk.urgent")},
	}
	addresses, err := s.addressesLink(r, page)
	if err != nil {
		return nil, err
	}
	if addresses.URL != "" {
		view.Organisation = append(view.Organisation, addresses)
	}
	requests, err := s.opts.Linking.Requests(r.Context(), p.ID)
	if err != nil {
		return nil, err
	}
	for _, q := range requests {
		view.Requests = append(view.Requests, newRequestCard(page, p, q))
	}
	links, err := s.opts.Linking.Associations(r.Context(), p.ID)
	if err != nil {
		return nil, err
	}
	found, err := s.opts.Tickets.List(r.Context(), tickets.Filter{Provider: p.ID, Limit: deskTickets, States: []tickets.State{
		tickets.Unanswered, tickets.Open, tickets.Waiting, tickets.Solved, tickets.Closed}}, s.person(r))
	if err != nil {
		return nil, err
	}
	view.Tickets = ticketLines(page, found)
	view.Associations = deskAssociations(page, p, links, found)
	former, err := s.opts.Linking.Former(r.Context(), p.ID)
	if err != nil {
		return nil, err
	}
	view.Former = newFormerLinks(former, where)
	pauses, err := s.opts.Directory.Pauses(r.Context(), p.ID)
	if err != nil {
		return nil, err
	}
	view.Rest = s.newRestView(page, p, pauses, where)
	view.Fresh = len(requests)+len(links)+len(former)+len(found) == 0
	return view, nil
}

// deskNotices are what the organisation must see to.
func deskNotices(page render.Page, m directory.Membership) []render.Notice {
	var out []render.Notice
	p := m.Provider
	if !p.ProfileAsked.IsZero() {
		n := render.Notice{Kind: render.Waiting, Title: i18n.M("provider.desk.yearly"), Body: i18n.M("provider.desk.yearly-member")}
		if m.Manager {
			n.Body = i18n.M("provider.desk.yearly-body")
			n.Action = render.Link{URL: page.Href(deskPath(p) + "/profil/confirmer"), Text: i18n.M("provider.desk.yearly-link")}
		}
		out = append(out, n)
	}
	if p.Silent > 0 {
		out = append(out, render.Notice{Kind: render.Trouble, Title: i18n.M("provider.desk.silent", "Count", p.Silent),
			Body: i18n.M("provider.desk.silent-body")})
	}
	return out
}

// organisation are the pages of what the organisation says of itself, and of who belongs to it.
func organisation(page render.Page, m directory.Membership) []render.Link {
	at := func(path, key string) render.Link {
		return render.Link{URL: page.Href(deskPath(m.Provider) + path), Text: i18n.M(key)}
	}
	links := []render.Link{at("/projets", "provider.projects.title"), at("/membres", "provider.members.title")}
	if m.Manager {
		links = slices.Insert(links, 0, at("/profil", "provider.profile.title"))
		links = append(links, at("/webhooks", "provider.webhooks.title"))
	}
	return links
}

// ticketLines are the open tickets; solved ones, which only wait to close, need nobody.
func ticketLines(page render.Page, found []tickets.Ticket) []deskTicket {
	lines := make([]deskTicket, 0, len(found))
	for _, t := range found {
		if t.Over() {
			continue
		}
		line := deskTicket{
			Number: i18n.M("ticket.number", "Number", itoa(t.ID)), URL: page.Href(ticketPath(t.PublicID)), Title: ticketName(t),
			Kind: kindShort(t.Kind), Space: t.SpaceName, At: t.CreatedAt, Tag: ticketTag(t, tickets.SideProvider),
			Urgent: t.Urgent, Late: t.Answer.Late || t.Solution.Late, Assignee: t.Assignee,
		}
		if t.Title == "" {
			line.Kind = i18n.Message{}
		}
		switch {
		case t.Escalated: // the team's promise now
		case !t.Answer.Due.IsZero():
			line.Promise, line.Due = i18n.M("provider.desk.promise-answer"), t.Answer.Due
		case !t.Solution.Due.IsZero():
			line.Promise, line.Due = i18n.M("provider.desk.promise-solution"), t.Solution.Due
		}
		lines = append(lines, line)
	}
	return lines
}

func deskAssociations(page render.Page, p directory.Provider, links []linking.Link, found []tickets.Ticket) []deskAssociation {
	lines := make([]deskAssociation, 0, len(links))
	for _, l := range links {
		line := deskAssociation{Name: l.SpaceName, Since: l.Since(),
			Leave: page.Href(deskPath(p) + "/associations/" + l.PublicID + "/quitter")}
		for _, t := range found {
			if t.SpaceID != l.SpaceID {
				continue
			}
			if t.State == tickets.Unanswered {
				line.New++
			}
			if t.CreatedAt.After(line.LastT) {
				line.LastT, line.Last, line.URL = t.CreatedAt, i18n.M("ticket.number", "Number", itoa(t.ID)), page.Href(ticketPath(t.PublicID))
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func newFormerLinks(former []linking.Link, where *time.Location) formerLinks {
	view := formerLinks{Count: len(former)}
	for _, l := range former {
		line := formerLine{Tag: requestTag(l), Span: i18n.M("provider.desk.former-day", "Day", dayAt(l.Since(), where))}
		if l.State == linking.Ended {
			line.Span = i18n.M("provider.desk.former-span", "From", dayAt(l.Since(), where), "Until", dayAt(l.EndedAt, where))
		}
		view.Lines = append(view.Lines, line)
	}
	return view
}
