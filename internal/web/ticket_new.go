package web

import (
	"net/http"
	"net/url"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/tickets"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// newTicketView is the form that asks for help.
type newTicketView struct {
	render.Page

	Header  render.Header
	Action  string
	Key     string
	Kind    render.Field
	Subject render.Field
	Body    render.Field
	Urgent  render.Field
	Files   filesField
	Consent *render.Field  // nil for the team, which cannot consent for the association
	Told    []i18n.Message // what consent lets the provider see
	Reader  i18n.Message   // who will read it
	Cancel  string
}

// filesField asks for attachments.
type filesField struct {
	render.Field

	Again bool // some were chosen, and browsers forget them
}

// toldFields are what consent lets a provider see of the space, in the words of the form. They are those of tickets.Context.
func toldFields() []i18n.Message {
	var out []i18n.Message
	for _, name := range []string{"space", "address", "suite", "version", "state", "room", "accounts", "steps"} {
		out = append(out, i18n.M("ticket.told."+name))
	}
	return out
}

func spaceTickets(publicID string) string {
	return "/espace/" + url.PathEscape(publicID) + "/tickets"
}

// reader is who is signed in, as the services of support know them: without their role until they gave their second factor.
func (s *Server) reader(r *http.Request) identity.Person {
	session, _ := s.session(r)
	p := session.Person
	if session.NeedsSecondFactor() {
		p.Role = identity.NoRole
	}
	return p
}

// asTeam reports whether who is signed in asks in the space's name without being its lead or a co-lead.
func (s *Server) asTeam(r *http.Request) (bool, error) {
	err := s.opts.Tickets.MayHelp(r.Context(), visitOf(r).space.Space.ID, s.person(r))
	if problem.Is(err, problem.NotFound) {
		return true, nil
	}
	return false, err
}

func (s *Server) showNewTicket(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewOfNewTicket(r)
	if err != nil {
		return err
	}
	if view.Key, err = s.formKey(); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "ticket/new", view)
}

func (s *Server) viewOfNewTicket(r *http.Request) (*newTicketView, error) {
	space := visitOf(r).space.Space
	team, err := s.asTeam(r)
	if err != nil {
		return nil, err
	}
	holder, err := s.holderOf(r, space)
	if err != nil {
		return nil, err
	}
	page := s.page(r, i18n.M("ticket.new.title"))
	list := spaceTickets(space.PublicID)
	view := &newTicketView{
		Page: page, Action: page.Href(list + "/nouveau"), Cancel: page.Href(list), Reader: newTicketReader(holder, team, space.State),
		Header: render.Header{
			Title: page.Title, Lead: i18n.M("ticket.new.lead", "Space", space.Name),
			Crumbs: []render.Link{{URL: page.Href(list), Text: i18n.M("ticket.list.crumb", "Space", space.Name)}},
		},
		Kind: newTicketKind(),
		Subject: render.Field{
			Name: tickets.FieldTitle, Label: i18n.M("ticket.new.subject"), Hint: i18n.M("ticket.new.subject-hint"),
			MaxLength: tickets.TitleMax,
		},
		Body: render.Field{
			Name: tickets.FieldBody, Label: i18n.M("ticket.new.body"), Hint: i18n.M("ticket.new.body-hint"), Rows: 8,
			MaxLength: tickets.BodyMax,
		},
		Urgent: render.Field{Name: "urgent", Label: i18n.M("ticket.new.urgent"), Hint: i18n.M("ticket.new.urgent-hint"), Optional: true},
		Files:  newFilesField(),
	}
	if !team {
		view.Consent = &render.Field{
			Name: "consent", Label: i18n.M("ticket.new.consent"), Hint: i18n.M("ticket.new.consent-hint"), Optional: true,
		}
		if holder != "" {
			view.Consent.Label = i18n.M("ticket.new.consent-named", "Provider", holder)
		}
		view.Told = toldFields()
	}
	return view, nil
}

// newTicketKind asks for the kind of help. Advice stands first and in other words than in the directory: whoever is stuck finds
// what happens to them before the names of the trade.
func newTicketKind() render.Field {
	field := render.Field{
		Name: tickets.FieldKind, Label: i18n.M("ticket.new.kind"), Hint: i18n.M("ticket.new.kind-hint"), Type: "radio",
		Choices: []render.Choice{{Value: string(support.KindAdvice), Label: i18n.M("ticket.new.kind-advice")}},
	}
	for _, kind := range support.Kinds() {
		if kind != support.KindAdvice {
			field.Choices = append(field.Choices, render.Choice{Value: string(kind), Label: kindWord(kind)})
		}
	}
	return field
}

// holderOf is the provider that a new ticket of the space goes to; "" when it goes to the team.
func (s *Server) holderOf(r *http.Request, space provisioning.Space) (string, error) {
	if !space.State.Works() {
		return "", nil
	}
	search, err := s.opts.Linking.Search(r.Context(), space.ID)
	if err != nil {
		return "", err
	}
	if search.Current == nil {
		return "", nil
	}
	return search.Current.ProviderName, nil
}

func newTicketReader(holder string, team bool, state provisioning.State) i18n.Message {
	switch {
	case holder == "" && !state.Works() && !team: // it may well have a provider
		return i18n.M("ticket.new.reader-not-working")
	case team && holder == "":
		return i18n.M("ticket.new.reader-team-by-team")
	case team:
		return i18n.M("ticket.new.reader-provider-by-team", "Provider", holder)
	case holder == "":
		return i18n.M("ticket.new.reader-team")
	default:
		return i18n.M("ticket.new.reader-provider", "Provider", holder)
	}
}

// opened tells who asked where the answer will come; the team, who was told of what it asked for the association.
func opened(t tickets.Ticket, team bool) render.Notice {
	done, byTeam, byProvider := "ticket.new.done", "ticket.new.done-team", "ticket.new.done-provider"
	if team {
		done, byTeam, byProvider = "ticket.new.opened", "ticket.new.opened-team", "ticket.new.opened-provider"
	}
	n := render.Notice{Kind: render.Done, Title: i18n.M(done, "Number", itoa(t.ID)), Body: i18n.M(byTeam)}
	if !t.WithTeam() {
		n.Body = i18n.M(byProvider, "Provider", t.ProviderName)
	}
	return n
}

func newFilesField() filesField {
	return filesField{Field: render.Field{
		Name: tickets.FieldFiles, Label: i18n.M("ticket.files.label"), Optional: true,
		Hint: i18n.M("ticket.files.hint", "Count", tickets.FilesMax, "Size", i18n.Size(tickets.FileMax)),
	}}
}

// again shows that the files have to be chosen anew, and what was wrong with them.
func (f *filesField) again(in sent) {
	f.Again, f.Error = in.count > 0 || in.large, in.wrong
}

// openTicket opens a ticket, or shows the form again with all that was typed.
func (s *Server) openTicket(w http.ResponseWriter, r *http.Request) error {
	in, err := s.readSent(r)
	if err != nil {
		return err
	}
	team, err := s.asTeam(r)
	if err != nil {
		return err
	}
	n := tickets.NewTicket{
		Key: typed(r, "form_key"), SpaceID: visitOf(r).space.Space.ID, Kind: support.Kind(typed(r, tickets.FieldKind)),
		Title: typed(r, tickets.FieldTitle), Body: typed(r, tickets.FieldBody), Urgent: typed(r, "urgent") != "",
		Consent: typed(r, "consent") != "" && !team, Files: in.files, Via: tickets.ByWeb,
	}
	if team {
		n.Via = tickets.ByTeam
	}
	if !in.wrong.IsZero() {
		return s.newTicketAgain(w, r, n, in, problem.New(problem.Invalid, "problem.invalid"))
	}
	t, err := s.openOnce(r, n)
	if err == nil {
		if err := s.flash(w, opened(t, team)); err != nil {
			return err
		}
		return s.redirect(w, r, ticketPath(t.PublicID))
	}
	if p, refused := refusal(err); refused && (p.Code == problem.Invalid || p.Code == problem.TooMany) {
		return s.newTicketAgain(w, r, n, in, p)
	}
	return err
}

// openOnce opens a ticket, or finds the one that the same words opened a moment ago: who goes back to the form after sending
// gets it with a new key, and with the words that the browser kept.
func (s *Server) openOnce(r *http.Request, n tickets.NewTicket) (tickets.Ticket, error) {
	by := s.reader(r)
	latest, err := s.opts.Tickets.List(r.Context(), tickets.Filter{SpaceID: n.SpaceID, Limit: 5}, by)
	if err != nil {
		return tickets.Ticket{}, err
	}
	for _, t := range latest {
		if t.Kind != n.Kind || !sameWords(t.Title, n.Title) {
			continue
		}
		v, err := s.opts.Tickets.See(r.Context(), t.PublicID, by)
		if err != nil {
			return tickets.Ticket{}, err
		}
		if len(v.Messages) > 0 && s.repeats(v.Messages[0], n.Body, n.Files) {
			return t, nil
		}
	}
	if err := s.allowWriting(r, len(n.Files)); err != nil {
		return tickets.Ticket{}, err
	}
	return s.opts.Tickets.Open(r.Context(), n, by)
}

// newTicketAgain shows the form as it was typed.
func (s *Server) newTicketAgain(w http.ResponseWriter, r *http.Request, n tickets.NewTicket, in sent, p *problem.Error) error {
	view, err := s.viewOfNewTicket(r)
	if err != nil {
		return err
	}
	if view.Key, err = s.keyAgain(n.Key, p); err != nil {
		return err
	}
	view.Kind.Value, view.Subject.Value, view.Body.Value = string(n.Kind), n.Title, n.Body
	view.Urgent.Checked = n.Urgent
	if view.Consent != nil {
		view.Consent.Checked = n.Consent
	}
	view.Files.again(in)
	fields := []*render.Field{&view.Kind, &view.Subject, &view.Body, &view.Files.Field}
	var whole []i18n.Message
	if in.wrong.IsZero() {
		whole = mark(p, fields...)
	}
	view.Errors = summarise(whole, fields...)
	return s.show(w, r, in.status(statusOf(p.Code)), "ticket/new", view)
}

// keyAgain is the key of a form that is shown again: its own, unless that was what was wrong with it.
func (s *Server) keyAgain(key string, p *problem.Error) (string, error) {
	if key == "" || p.Key == "problem.form_broken" {
		return s.formKey()
	}
	return key, nil
}

// writingsPerHour is how many messages one person may send within an hour: each is a mail to several. filesPerDay is how many
// files they may send within a day: each is up to ten megabytes of the database, for as long as the space is there.
const (
	writingsPerHour = 60
	filesPerDay     = 100
)

func (s *Server) allowWriting(r *http.Request, files int) error {
	who := "person " + itoa(s.person(r).ID)
	for range files {
		if err := s.opts.Identity.Allow(r.Context(), "ticket-file", who, filesPerDay, 24*time.Hour); err != nil {
			return err
		}
	}
	return s.opts.Identity.Allow(r.Context(), "ticket-message", who, writingsPerHour, time.Hour)
}
