package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/mail/incoming"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/inbox"
	"nichoir/internal/support/tickets"
	"nichoir/internal/web/render"
)

// The parts of the list of mails, as the address names them.
const (
	mailsAside   = "mis-de-cote"
	mailsHeld    = "retenus"
	mailsBounces = "retours"
	mailsAll     = "tous"
)

// teamMailsView is the team's list of the mails that came in.
type teamMailsView struct {
	render.Page

	Header render.Header
	Tabs   []mailTab
	// Troubled are the people whose address does not work, beside the mails that came back; none on the other parts.
	Troubled []troubledRow
	Rows     []teamMailRow
	Empty    render.Empty
	Pages    render.Pagination
}

// troubledRow is somebody who gets no mail.
type troubledRow struct {
	Name, Email string
	Code        string // of SMTP or RFC 3463
	At          time.Time
	Why         i18n.Message // in plain words
}

type mailTab struct {
	render.Link

	Current bool
}

type teamMailRow struct {
	At      time.Time
	Sender  string
	Subject string
	Size    int64
	Tag     render.Tag
	Why     i18n.Message
	Do      i18n.Message
	Ticket  i18n.Message // its number
	URL     string       // of the ticket, "" when it became part of none
	Source  string       // where it is read as it came, "" when it cannot be
}

func mailViews() []string { return []string{mailsAside, mailsHeld, mailsBounces, mailsAll} }

func mailOutcomes(view string) []inbox.Outcome {
	switch view {
	case mailsAside:
		return []inbox.Outcome{inbox.SetAside}
	case mailsHeld:
		return []inbox.Outcome{inbox.Held}
	case mailsBounces:
		return []inbox.Outcome{inbox.Bounce}
	default:
		return nil
	}
}

func mailsURL(view string, after int64) string {
	q := url.Values{}
	if view != mailsAside {
		q.Set("vue", view)
	}
	if after != 0 {
		q.Set("apres", itoa(after))
	}
	if len(q) == 0 {
		return pathAdminMails
	}
	return pathAdminMails + "?" + q.Encode()
}

// mailsPerPage is how many mails one page lists.
const mailsPerPage = 50

func (s *Server) showTeamMails(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	current := q.Get("vue")
	if !slices.Contains(mailViews(), current) {
		current = mailsAside
	}
	after, err := strconv.ParseInt(q.Get("apres"), 10, 64)
	if err != nil || after < 0 {
		after = 0
	}
	kept, err := s.opts.Inbox.Kept(r.Context(), s.reader(r), after, mailsPerPage+1, mailOutcomes(current)...)
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("team.mails.title"))
	view := teamMailsView{
		Page: page, Header: render.Header{
			Title: page.Title, Lead: i18n.M("team.mails.lead"), Crumbs: crumbs(page, pathAdminTickets, "team.tickets.nav"),
		},
		Empty: render.Empty{Drawing: "pigeon", Title: i18n.M("team.mails.empty"), Body: i18n.M("team.mails.empty." + current)},
	}
	for _, name := range mailViews() {
		view.Tabs = append(view.Tabs, mailTab{
			Link: render.Link{URL: page.Href(mailsURL(name, 0)), Text: i18n.M("team.mails.tab." + name)}, Current: name == current,
		})
	}
	if len(kept) > mailsPerPage {
		kept = kept[:mailsPerPage]
		view.Pages.Next = page.Href(mailsURL(current, kept[len(kept)-1].ID))
	}
	if after != 0 {
		view.Pages.Previous, view.Pages.Summary = page.Href(mailsURL(current, 0)), i18n.M("ticket.list.back-to-first")
	}
	for _, m := range kept {
		view.Rows = append(view.Rows, teamMail(page, m))
	}
	if current == mailsBounces {
		if view.Troubled, err = s.troubled(r); err != nil {
			return err
		}
	}
	return s.show(w, r, http.StatusOK, "team/mails", view)
}

// troubleWord says what a mail server's code means (RFC 3463 §3, RFC 5321 §4.2.3).
func troubleWord(code string) i18n.Message {
	switch {
	case strings.HasSuffix(code, ".1.1") || code == "550" || code == "551" || code == "553":
		return i18n.M("team.mails.trouble.unknown")
	case strings.HasSuffix(code, ".2.2") || code == "552":
		return i18n.M("team.mails.trouble.full")
	case strings.HasSuffix(code, ".1.2"):
		return i18n.M("team.mails.trouble.domain")
	default:
		return i18n.M("team.mails.trouble.refused")
	}
}

// troubled are the people whose address does not work. A mail from it takes them off.
func (s *Server) troubled(r *http.Request) ([]troubledRow, error) {
	all, err := s.opts.Inbox.Troubles(r.Context(), s.reader(r))
	if err != nil {
		return nil, err
	}
	rows := make([]troubledRow, 0, len(all))
	for _, t := range all {
		rows = append(rows, troubledRow{Name: t.Person.Name, Email: t.Person.Email, Why: troubleWord(t.Code), Code: t.Code, At: t.At})
	}
	return rows, nil
}

func teamMail(page render.Page, m inbox.Kept) teamMailRow {
	row := teamMailRow{At: m.At, Sender: m.Sender, Subject: m.Subject, Size: m.Size, Tag: outcomeTag(m.Outcome)}
	row.Why, row.Do = mailReason(m.Outcome, m.Reason)
	if m.HasSource {
		row.Source = page.Href(pathAdminMails + "/" + itoa(m.ID))
	}
	if m.TicketPub != "" {
		row.Ticket, row.URL = i18n.M("ticket.number", "Number", itoa(m.TicketID)), page.Href(ticketPath(m.TicketPub))
	}
	return row
}

// downloadMail gives what somebody wrote in a mail that nobody else reads, as text: whatever else it brings is for no desk of the
// team. Of a mail of ours that it quotes, or that comes back in it, it leaves the links out: they open what is its reader's alone.
func (s *Server) downloadMail(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(mux.Vars(r)["mail"], 10, 64)
	if err != nil {
		return problem.New(problem.NotFound, "problem.not_found")
	}
	end, err := s.saved.begin(s.person(r).ID, tickets.FileMax)
	if err != nil {
		return err
	}
	defer end()
	raw, err := s.opts.Inbox.Source(r.Context(), s.reader(r), id)
	if err != nil {
		return err
	}
	m := incoming.Parse(raw, incoming.Options{})
	text := support.WithoutSecrets("From: " + m.From + "\nSubject: " + m.Subject + "\n\n" + m.Text + "\n")
	return sendFile(w, "text/plain; charset=utf-8", itoa(id)+".txt", []byte(text))
}

// outcomeTag is what became of a mail, in a word.
func outcomeTag(o inbox.Outcome) render.Tag {
	tag := render.Tag{Kind: render.Neutral, Text: i18n.M("team.mails.outcome." + string(o))}
	switch o {
	case inbox.Posted, inbox.Opened, inbox.Released:
		tag.Kind = render.Done
	case inbox.Held:
		tag.Kind = render.Waiting
	case inbox.SetAside, inbox.Bounce:
		tag.Kind = render.Trouble
	case inbox.AutoReply, inbox.Loop, inbox.Duplicate, inbox.Dropped: // nobody has anything to do about these
	}
	return tag
}

// mailReasons are the codes that this page has words for: those of the inbox, and of the reader of mails.
func mailReasons() []string {
	return []string{
		inbox.ReasonTooLarge, inbox.ReasonTooManyParts, inbox.ReasonEmpty, inbox.ReasonNotYours, inbox.ReasonRefused,
		inbox.ReasonNoSender, inbox.ReasonUnknown, inbox.ReasonWhich, inbox.ReasonNoTicket, inbox.ReasonDelayed,
		inbox.ReasonUnmatched, inbox.ReasonLapsed, inbox.ReasonDiscarded, inbox.ReasonListed, inbox.ReasonTooMany,
		"header_too_large", "too_deep", "malformed", "encrypted",
	}
}

// mailReason says why a mail is where it is and, when somebody can do something about it, what.
func mailReason(o inbox.Outcome, code string) (why, do i18n.Message) {
	if !slices.Contains(mailReasons(), code) {
		code = ""
	}
	switch {
	case code != "":
		why = i18n.M("team.mails.reason." + code)
	case o == inbox.SetAside:
		why = i18n.M("team.mails.reason.other")
	default:
		why = i18n.M("team.mails.why." + string(o))
	}
	if o == inbox.SetAside || o == inbox.Held || o == inbox.Bounce && code == "" { // what is late, or of nobody, asks for no address
		do = i18n.M("team.mails.do." + string(o))
	}
	return why, do
}
