package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
	"nichoir/internal/web/render"
)

// The team's desks of support.
const (
	pathAdminTickets = pathAdmin + "/tickets"
	pathAdminMails   = pathAdmin + "/courriels"
)

// The parts of the team's list, as the address names them.
const (
	viewUnowned = "sans-responsable"
	viewLate    = "en-retard"
	viewTeam    = "chez-l-equipe"
	viewAll     = "tous"
)

// teamTicketsView is the team's list of tickets.
type teamTicketsView struct {
	render.Page

	Header render.Header
	Times  []figure
	Tabs   []figure
	Action string // of the search
	View   string
	Search render.Field
	Clear  string
	Rows   []teamTicketRow
	Assign string // where the chosen ones are assigned
	Back   string // the list as it stands, to lead back to
	Who    render.Field
	Empty  render.Empty
	Pages  render.Pagination
	Mails  string
}

type teamTicketRow struct {
	ID      string // public; "" for those that the team cannot assign
	Number  string
	URL     string
	Title   i18n.Message
	Urgent  bool
	Space   string
	SpaceAt string
	Holder  i18n.Message
	Owner   string
	Kind    i18n.Message
	Tag     render.Tag
	At      time.Time
	Due     time.Time
	Late    bool
}

// ticketsFilter is what one part of the list asks for.
func ticketsFilter(view string) tickets.Filter {
	switch view {
	case viewUnowned:
		return tickets.Filter{Unowned: true}
	case viewLate:
		return tickets.Filter{Late: true}
	case viewTeam:
		return tickets.Filter{Team: true}
	default:
		return tickets.Filter{States: allTicketStates()}
	}
}

func ticketsURL(view, text string) string {
	q := url.Values{}
	if view != viewUnowned {
		q.Set("vue", view)
	}
	if text != "" {
		q.Set("q", text)
	}
	if len(q) == 0 {
		return pathAdminTickets
	}
	return pathAdminTickets + "?" + q.Encode()
}

func (s *Server) showTeamTickets(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	current := q.Get("vue")
	switch current {
	case viewUnowned, viewLate, viewTeam, viewAll:
	default:
		current = viewUnowned
	}
	f := ticketsFilter(current)
	f.Text, f.Limit = q.Get("q"), ticketsPerPage+1
	if id, err := strconv.ParseInt(q.Get("apres"), 10, 64); err == nil && id > 0 {
		f.After = id
	}
	found, err := s.opts.Tickets.List(r.Context(), f, s.reader(r))
	if err != nil {
		return err
	}
	times, err := s.opts.Tickets.Times(r.Context(), s.person(r))
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("team.tickets.title"))
	here := ticketsURL(current, f.Text)
	view := &teamTicketsView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("team.tickets.lead")}, Action: page.Href(pathAdminTickets),
		Times: ticketTimes(times), View: current, Assign: page.Href(pathAdminTickets + "/confier"), Back: here, Mails: page.Href(pathAdminMails),
		Search: render.Field{Name: "q", Label: i18n.M("team.tickets.search"), Hint: i18n.M("team.tickets.search-hint"), Value: f.Text},
		Empty:  render.Empty{Drawing: "nest-box", Title: i18n.M("team.tickets.empty"), Body: i18n.M("team.tickets.empty." + current)},
	}
	if f.Text != "" {
		view.Clear, view.Empty.Body = page.Href(ticketsURL(current, "")), i18n.M("team.tickets.empty.search")
	}
	if view.Tabs, err = s.ticketTabs(r, page, current, f.Text); err != nil {
		return err
	}
	if view.Who, err = s.teamField(r); err != nil {
		return err
	}
	found, view.Pages = paged(page, found, f, here)
	for _, t := range found {
		view.Rows = append(view.Rows, teamTicket(page, t))
	}
	return s.show(w, r, http.StatusOK, "team/tickets", view)
}

// ticketTimes say how soon help comes.
func ticketTimes(t tickets.Times) []figure {
	line := func(name string, some bool, took i18n.Message) figure {
		if !some {
			return figure{Count: i18n.M("team.tickets.none." + name), Label: i18n.M("team.tickets.no." + name)}
		}
		return figure{Count: i18n.M("team.tickets.took", "Duration", took), Label: i18n.M("team.tickets.time." + name)}
	}
	return []figure{
		line("answer", t.Answered > 0, workTime(t.AnswerP50)), line("solution", t.Solved > 0, workTime(t.SolutionP50)),
		line("waiting", t.Unanswered > 0, i18n.M("team.tickets.took", "Duration", max(t.Oldest, time.Minute))),
	}
}

// ticketTabs are the parts of the list with how many are in each.
func (s *Server) ticketTabs(r *http.Request, page render.Page, current, text string) ([]figure, error) {
	var tabs []figure
	for _, name := range []string{viewUnowned, viewLate, viewTeam, viewAll} {
		f := ticketsFilter(name)
		f.Text = text
		counts, err := s.opts.Tickets.Counts(r.Context(), f, s.reader(r))
		if err != nil {
			return nil, err
		}
		total := 0
		for _, n := range counts {
			total += n
		}
		tabs = append(tabs, figure{
			URL: page.Href(ticketsURL(name, text)), Count: i18n.M("admin.number", "Count", total), Label: i18n.M("team.tickets.tab." + name),
			Current: name == current,
		})
	}
	return tabs, nil
}

// teamField asks for one of the team.
func (s *Server) teamField(r *http.Request) (render.Field, error) {
	staff, err := s.opts.Identity.Staff(r.Context())
	if err != nil {
		return render.Field{}, err
	}
	field := render.Field{Name: "personne", Label: i18n.M("team.tickets.assign-to"), Value: itoa(s.person(r).ID)}
	for _, p := range staff {
		name := i18n.Raw(nameOf(p))
		if p.ID == s.person(r).ID {
			name = i18n.M("team.tickets.me", "Name", nameOf(p))
		}
		field.Choices = append(field.Choices, render.Choice{Value: itoa(p.ID), Label: name})
	}
	return field, nil
}

func teamTicket(page render.Page, t tickets.Ticket) teamTicketRow {
	row := teamTicketRow{
		Number: itoa(t.ID), URL: page.Href(ticketPath(t.PublicID)), Title: ticketName(t), Urgent: t.Urgent, Space: t.SpaceName,
		SpaceAt: page.Href(spacePath(t.SpacePublicID)), Holder: holderFact(t), Owner: t.Assignee, Kind: kindShort(t.Kind),
		Tag: render.StateTag("ticket", string(t.State)), At: t.CreatedAt, Late: t.Answer.Late || t.Solution.Late,
	}
	if t.WithTeam() && !t.Over() {
		row.ID = t.PublicID
	}
	row.Due = t.Answer.Due
	if row.Due.IsZero() {
		row.Due = t.Solution.Due
	}
	return row
}

// mostAssigned is how many tickets are assigned at once: those of one page.
const mostAssigned = ticketsPerPage

// assignTickets gives the chosen tickets to one of the team. Those that moved on meanwhile are counted, not hidden.
func (s *Server) assignTickets(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	person, err := strconv.ParseInt(typed(r, "personne"), 10, 64)
	if err != nil {
		return problem.New(problem.Invalid, "problem.form_broken")
	}
	back := localPath(typed(r, "retour"))
	if back == "" {
		back = pathAdminTickets
	}
	chosen := r.PostForm["id"]
	switch {
	case len(chosen) == 0:
		return s.warn(w, r, back, i18n.M("team.tickets.none-chosen"))
	case len(chosen) > mostAssigned:
		chosen = chosen[:mostAssigned]
	}
	given, kept, err := s.assignEach(r, chosen, person)
	switch {
	case err != nil:
		return err
	case kept > 0:
		return s.warn(w, r, back, i18n.M("team.tickets.some-assigned", "Given", given, "Count", kept))
	default:
		return s.done(w, r, back, i18n.M("team.tickets.assigned", "Count", given))
	}
}

// assignEach assigns one after the other; kept are those that could not be.
func (s *Server) assignEach(r *http.Request, chosen []string, person int64) (given, kept int, err error) {
	by := s.reader(r)
	if err := by.Must(identity.Reviewer); err != nil {
		return 0, 0, err
	}
	for _, id := range chosen {
		err := s.opts.Tickets.Assign(r.Context(), id, person, by)
		if _, refused := refusal(err); refused {
			kept++
			continue
		}
		if err != nil {
			return given, kept, err
		}
		given++
	}
	return given, kept, nil
}

// backToTeamTickets answers a GET of an address that only takes forms.
func (s *Server) backToTeamTickets(w http.ResponseWriter, r *http.Request) error {
	return s.redirect(w, r, pathAdminTickets)
}
