package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/support/tickets"
	"nichoir/internal/web/render"
)

// ticketsPerPage is how many tickets one page lists.
const ticketsPerPage = 50

// spaceTicketsView is the list of a space's tickets.
type spaceTicketsView struct {
	render.Page

	Header render.Header
	Rows   []spaceTicketRow
	Empty  render.Empty
	Pages  render.Pagination
	All    string // the address that shows closed ones too, "" when they are shown
	Open   string // the address that shows the others only, "" as above
	Help   string // where a provider is chosen
}

type spaceTicketRow struct {
	URL    string
	Number i18n.Message
	Title  i18n.Message
	Kind   i18n.Message
	Urgent bool
	Tag    render.Tag
	Holder i18n.Message
	At     time.Time
}

// spaceTicketRows are a space's tickets in the words of who reads.
func spaceTicketRows(page render.Page, found []tickets.Ticket, side tickets.Side) []spaceTicketRow {
	rows := make([]spaceTicketRow, 0, len(found))
	for _, t := range found {
		rows = append(rows, spaceTicketRow{
			URL: page.Href(ticketPath(t.PublicID)), Number: i18n.M("ticket.number", "Number", itoa(t.ID)), Title: ticketName(t), Kind: kindShort(t.Kind),
			Urgent: t.Urgent, Tag: ticketTag(t, side), Holder: holderWord(t), At: t.UpdatedAt,
		})
	}
	return rows
}

// ticketName is what a ticket is called: its title, else its kind of help. A provider that took it over does not read the title.
func ticketName(t tickets.Ticket) i18n.Message {
	if t.Title == "" {
		return kindShort(t.Kind)
	}
	return i18n.Raw(t.Title)
}

func ticketPath(publicID string) string { return "/tickets/" + url.PathEscape(publicID) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// allTicketStates are the states of a ticket, for lists that leave none out.
func allTicketStates() []tickets.State {
	return []tickets.State{tickets.Unanswered, tickets.Open, tickets.Waiting, tickets.Solved, tickets.Closed}
}

func (s *Server) showSpaceTickets(w http.ResponseWriter, r *http.Request) error {
	space := visitOf(r).space.Space
	q := r.URL.Query()
	f := tickets.Filter{SpaceID: space.ID, Limit: ticketsPerPage + 1}
	all := q.Get("vue") == "tous"
	if all {
		f.States = allTicketStates()
	}
	if id, err := strconv.ParseInt(q.Get("apres"), 10, 64); err == nil && id > 0 {
		f.After = id
	}
	found, err := s.opts.Tickets.List(r.Context(), f, s.reader(r))
	if err != nil {
		return err
	}
	team, err := s.asTeam(r)
	if err != nil {
		return err
	}
	side, lead, ask := tickets.SideSpace, "ticket.list.lead", "ticket.list.new"
	if team {
		side, lead, ask = tickets.SideTeam, "ticket.list.lead-team", "ticket.list.new-team"
	}
	path := spaceTickets(space.PublicID)
	page := s.page(r, i18n.M("ticket.list.title"))
	view := spaceTicketsView{
		Page: page, Header: render.Header{
			Title: page.Title, Lead: i18n.M(lead, "Space", space.Name), Crumbs: s.spaceCrumbs(r, page),
			Action: render.Link{URL: page.Href(path + "/nouveau"), Text: i18n.M(ask)},
		},
		Empty: render.Empty{Drawing: "empty-nest", Title: i18n.M("ticket.list.empty"), Body: i18n.M("ticket.list.empty-body")},
	}
	first := path
	if all {
		first = path + "?vue=tous"
		view.Open = page.Href(path)
	} else {
		view.All = page.Href(path + "?vue=tous")
	}
	found, view.Pages = paged(page, found, f, first)
	view.Rows = spaceTicketRows(page, found, side)
	return s.show(w, r, http.StatusOK, "ticket/list", view)
}

// paged cuts the list to one page and leads to the next.
func paged(page render.Page, found []tickets.Ticket, f tickets.Filter, first string) ([]tickets.Ticket, render.Pagination) {
	var pages render.Pagination
	if len(found) > ticketsPerPage {
		found = found[:ticketsPerPage]
		next, err := url.Parse(first)
		if err == nil { // it is an address of ours
			q := next.Query()
			q.Set("apres", itoa(found[len(found)-1].ID))
			next.RawQuery = q.Encode()
			pages.Next = page.Href(next.String())
		}
	}
	if f.After != 0 {
		pages.Previous, pages.Summary = page.Href(first), i18n.M("ticket.list.back-to-first")
	}
	return found, pages
}

// spaceCrumbs lead back to the space, for those to whom its page is open.
func (s *Server) spaceCrumbs(r *http.Request, page render.Page) []render.Link {
	space := visitOf(r).space.Space
	if s.person(r).ID == space.PersonID {
		return []render.Link{
			{URL: page.Href(pathSpaces), Text: i18n.M("public.nav.spaces")},
			{URL: page.Href("/espace/" + url.PathEscape(space.PublicID)), Text: i18n.Raw(space.Name)},
		}
	}
	if s.reader(r).Role != "" {
		return deskSpaceCrumbs(page, space)
	}
	return []render.Link{{URL: page.Href(pathSpaces), Text: i18n.M("public.nav.spaces")}}
}

// ticketTag is a ticket's state in the words of who reads: an association asked for something, desks have tickets, and what
// waits for the association waits for "you" there. What a provider handed over is the team's, whatever its state.
func ticketTag(t tickets.Ticket, side tickets.Side) render.Tag {
	if side == tickets.SideProvider && t.Escalated && !t.Over() {
		return render.StateTag("ticket", "escalated")
	}
	tag := render.StateTag("ticket", string(t.State))
	if side == tickets.SideSpace {
		tag.Text = i18n.M("ticket.state." + string(t.State))
	}
	return tag
}

// holderWord names who holds a ticket.
func holderWord(t tickets.Ticket) i18n.Message {
	if t.WithTeam() {
		return i18n.M("ticket.team")
	}
	return i18n.Raw(t.ProviderName)
}
