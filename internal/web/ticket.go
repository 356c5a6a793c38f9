package web

import (
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
	"nichoir/internal/web/render"
)

// ticketView is the conversation about a ticket, as one of its three sides sees it.
type ticketView struct {
	render.Page

	Header  render.Header
	Number  i18n.Message // with the kind of help
	Urgent  bool
	Clocks  []ticketClock // for the provider and the team
	Summary string        // of what went before, for a provider that took over
	Lines   []ticketLine
	Latest  string   // the anchor of the last one, "" where it is in sight
	Say     *sayForm // nil when nothing can be said any more
	Facts   []render.Fact
	Context *ticketContext
	Consent *consentForm // for the association
	NoSight bool         // the provider does not see the context
	Solve   string       // the addresses that change it, "" for what cannot be done now
	Reopen  string
	Hand    *handForm // to the team, or back
	Assign  *assignForm
}

// ticketClock is a promise in words.
type ticketClock struct {
	Late bool
	Kept bool
	Text i18n.Message
}

// sayForm answers in a ticket.
type sayForm struct {
	Title  i18n.Message
	Action string
	Key    string
	To     i18n.Message // who will receive it
	Body   render.Field
	Effect *render.Field // what it does to the state, or a note; nil for the association
	Files  filesField
	Button i18n.Message
}

// handForm gives a ticket to the team, or back.
type handForm struct {
	Action string
	Title  i18n.Message
	Body   i18n.Message
	Note   render.Field
	Button i18n.Message
	Open   bool
}

// assignForm names who looks after it.
type assignForm struct {
	Action string
	Who    render.Field
}

// consentForm lets the provider see the context, or no longer.
type consentForm struct {
	Action string
	On     bool
	Said   i18n.Message // since when, and by whom
	Told   []i18n.Message
}

// What an answer does, in the form.
const (
	effectWait  = "attendre"
	effectStay  = "rester"
	effectSolve = "resoudre"
	effectNote  = "note"
)

func (s *Server) showTicket(w http.ResponseWriter, r *http.Request) error {
	v, err := s.seen(r)
	if err != nil {
		return err
	}
	view, err := s.viewOfTicket(r, v)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "ticket/show", view)
}

// seen is the ticket of the address as who is signed in may see it. Staff who have not given their second factor are led to
// where they do: without it they are strangers here.
func (s *Server) seen(r *http.Request) (tickets.View, error) {
	session, _ := s.session(r)
	v, err := s.opts.Tickets.See(r.Context(), mux.Vars(r)["id"], s.reader(r))
	if err == nil && v.Side == tickets.SideTeam {
		err = session.Must(identity.Reviewer)
	}
	if problem.Is(err, problem.NotFound) && session.NeedsSecondFactor() {
		return tickets.View{}, session.Must(identity.Reviewer)
	}
	return v, err
}

// linesInSight is how long a conversation may be before its page offers to go to the end.
const linesInSight = 8

func (s *Server) viewOfTicket(r *http.Request, v tickets.View) (*ticketView, error) {
	t := v.Ticket
	page := s.page(r, i18n.M("ticket.show.title", "Number", itoa(t.ID), "Title", ticketName(t)))
	page.Path, page.Query = ticketPath(t.PublicID), "" // where the language can be changed, after a POST too
	tag := ticketTag(t, v.Side)
	view := &ticketView{
		Page: page, Urgent: t.Urgent && !t.Over(), Summary: v.Summary,
		Header: render.Header{Title: ticketName(t), Tag: &tag, Crumbs: s.ticketCrumbs(page, v)},
		Number: i18n.M("ticket.show.number", "Number", itoa(t.ID), "Kind", kindShort(t.Kind)),
		Clocks: clocksOf(v), Lines: ticketLinesOf(page, v), Facts: ticketFacts(page, v), Context: contextOf(v),
		NoSight: v.Side == tickets.SideProvider && v.Context == nil,
	}
	at := func(verb string) string { return page.Href(ticketPath(t.PublicID) + "/" + verb) }
	if n := len(view.Lines); n > linesInSight {
		view.Latest = view.Lines[n-1].ID
	}
	if v.MayAnswer || v.MayNote {
		key, err := s.formKey()
		if err != nil {
			return nil, err
		}
		view.Say = newSayForm(v, at("messages"), key)
	}
	if v.MaySolve {
		view.Solve = at("resoudre")
	}
	if v.MayReopen {
		view.Reopen = at("rouvrir")
	}
	switch {
	case v.MayEscalate:
		view.Hand = newHandForm(at("escalader"), "escalate", i18n.Message{})
	case v.MayHandBack:
		name := "hand-back"
		if t.ProviderID == 0 { // the space had no provider when it asked
			name = "hand-over"
		}
		view.Hand = newHandForm(at("rendre"), name, i18n.Raw(v.HandTo))
	}
	if v.MayAssign {
		view.Assign = newAssignForm(at("responsable"), v)
	}
	if v.MayConsent {
		view.Consent = newConsentForm(at("accord"), t)
	}
	return view, nil
}

// ticketCrumbs lead back to the list that the reader came from.
func (s *Server) ticketCrumbs(page render.Page, v tickets.View) []render.Link {
	t := v.Ticket
	switch v.Side {
	case tickets.SideTeam:
		return crumbs(page, pathAdminTickets, "team.tickets.nav")
	case tickets.SideProvider:
		return []render.Link{{URL: page.Href(pathProvider), Text: i18n.M("provider.nav")}}
	default:
		return []render.Link{{URL: page.Href(spaceTickets(t.SpacePublicID)), Text: i18n.M("ticket.list.crumb", "Space", t.SpaceName)}}
	}
}

// clocksOf puts the promises in words. The association does not see them.
func clocksOf(v tickets.View) []ticketClock {
	if v.Side == tickets.SideSpace {
		return nil
	}
	var out []ticketClock
	for _, c := range []struct {
		name  string
		clock tickets.Clock
	}{{"answer", v.Ticket.Answer}, {"solution", v.Ticket.Solution}} {
		switch key := "ticket.clock." + c.name; {
		case c.clock.Late && !c.clock.Due.IsZero():
			out = append(out, ticketClock{Late: true, Text: i18n.M(key+"-late", "When", c.clock.Due)})
		case c.clock.Late:
			out = append(out, ticketClock{Late: true, Text: i18n.M(key+"-was-late", "Took", workTime(c.clock.Took))})
		case !c.clock.Due.IsZero():
			out = append(out, ticketClock{Text: i18n.M(key+"-due", "When", c.clock.Due)})
		case c.clock.Kept && c.clock.Took >= time.Minute:
			out = append(out, ticketClock{Kept: true, Text: i18n.M(key+"-kept", "Took", workTime(c.clock.Took))})
		}
	}
	return out
}

// ticketFacts say who, and since when.
func ticketFacts(page render.Page, v tickets.View) []render.Fact {
	t := v.Ticket
	facts := []render.Fact{}
	if v.Side != tickets.SideSpace {
		association := render.Fact{Label: i18n.M("ticket.fact.association"), Value: i18n.Raw(t.SpaceName)}
		if v.Side == tickets.SideTeam {
			association.URL = page.Href(spacePath(t.SpacePublicID))
		}
		facts = append(facts, association)
	}
	facts = append(facts, render.Fact{Label: i18n.M("ticket.fact.holder"), Value: holderFact(t)})
	if t.Assignee != "" {
		facts = append(facts, render.Fact{Label: i18n.M("ticket.fact.assignee"), Value: i18n.Raw(t.Assignee)})
	}
	opened := i18n.M("ticket.fact.opened-value", "When", t.CreatedAt, "Who", unnamed(t.OpenedBy), "How", i18n.M("ticket.via."+string(t.Via)))
	facts = append(facts, render.Fact{Label: i18n.M("ticket.fact.opened"), Value: opened})
	switch {
	case !t.ClosedAt.IsZero():
		facts = append(facts, render.Fact{Label: i18n.M("ticket.fact.closed"), Value: i18n.M("ticket.at", "When", t.ClosedAt)})
	case !t.SolvedAt.IsZero():
		facts = append(facts, render.Fact{Label: i18n.M("ticket.fact.solved"), Value: i18n.M("ticket.at", "When", t.SolvedAt)})
	}
	return facts
}

// holderFact says who holds a ticket, and for whom when it is lent.
func holderFact(t tickets.Ticket) i18n.Message {
	if t.Escalated {
		return i18n.M("ticket.holder.escalated", "Provider", t.ProviderName)
	}
	return holderWord(t)
}

// unnamed is a name in a sentence; who was forgotten has none.
func unnamed(name string) any {
	if name == "" {
		return i18n.M("ticket.somebody")
	}
	return name
}

func newSayForm(v tickets.View, action, key string) *sayForm {
	f := &sayForm{
		Title: i18n.M("ticket.say.title"), Action: action, Key: key, To: receivers(v), Files: newFilesField(),
		Button: i18n.M("ticket.say.button"),
		Body:   render.Field{Name: tickets.FieldBody, Label: i18n.M("ticket.say.body"), Rows: 6, MaxLength: tickets.BodyMax},
	}
	if v.Ticket.Over() && v.Side == tickets.SideSpace {
		f.Body.Hint = i18n.M("ticket.say.reopens")
	}
	if v.Side == tickets.SideSpace {
		if v.Ticket.State == tickets.Unanswered { // nobody has answered yet: there is nothing to reply to
			f.Title = i18n.M("ticket.say.title-more")
		}
		return f
	}
	choice := func(value, key string) render.Choice {
		return render.Choice{Value: value, Label: i18n.M("ticket.effect." + key), Hint: i18n.M("ticket.effect." + key + "-hint")}
	}
	f.Effect = &render.Field{Name: "effet", Label: i18n.M("ticket.effect.label"), Type: "radio", Value: effectWait}
	if v.MayAnswer {
		f.Effect.Choices = []render.Choice{
			choice(effectWait, "wait"), choice(effectStay, "stay"), choice(effectSolve, "solve"),
		}
	}
	if v.MayNote {
		f.Effect.Choices = append(f.Effect.Choices, choice(effectNote, "note"))
	}
	return f
}

// receivers say who will get what the reader writes.
func receivers(v tickets.View) i18n.Message {
	t := v.Ticket
	switch v.Side {
	case tickets.SideProvider:
		if t.WithTeam() {
			return i18n.M("ticket.to.space-and-team", "Space", t.SpaceName)
		}
		return i18n.M("ticket.to.space", "Space", t.SpaceName)
	case tickets.SideTeam:
		if t.ProviderID != 0 {
			return i18n.M("ticket.to.space-and-provider", "Space", t.SpaceName, "Provider", t.ProviderName)
		}
		return i18n.M("ticket.to.space", "Space", t.SpaceName)
	default:
		return whoReads(t)
	}
}

// whoReads says to the association who reads what it writes.
func whoReads(t tickets.Ticket) i18n.Message {
	switch {
	case t.Escalated:
		return i18n.M("ticket.to.provider-and-team", "Provider", t.ProviderName)
	case t.WithTeam():
		return i18n.M("ticket.to.team")
	default:
		return i18n.M("ticket.to.provider", "Provider", t.ProviderName)
	}
}

// newHandForm hands a ticket on with a note; name is "escalate", "hand-back" or "hand-over".
func newHandForm(action, name string, provider i18n.Message) *handForm {
	key := "ticket.hand." + name
	return &handForm{
		Action: action, Title: i18n.M(key, "Provider", provider), Body: i18n.M(key+"-body", "Provider", provider),
		Button: i18n.M(key+"-button", "Provider", provider),
		Note: render.Field{Name: tickets.FieldNote, Label: i18n.M("ticket.hand.note"), Hint: i18n.M("ticket.hand.note-hint"), Rows: 3,
			MaxLength: tickets.BodyMax, Optional: true},
	}
}

func newAssignForm(action string, v tickets.View) *assignForm {
	f := &assignForm{Action: action, Who: render.Field{
		Name: "personne", Label: i18n.M("ticket.assign.label"), Value: itoa(v.Ticket.AssigneeID),
		Choices: []render.Choice{{Value: "0", Label: i18n.M("ticket.assign.nobody")}},
	}}
	for _, p := range v.Assignees {
		f.Who.Choices = append(f.Who.Choices, render.Choice{Value: itoa(p.ID), Label: i18n.Raw(nameOf(p))})
	}
	return f
}

func newConsentForm(action string, t tickets.Ticket) *consentForm {
	f := &consentForm{Action: action, On: !t.ConsentAt.IsZero() && t.RevokedAt.IsZero(), Told: toldFields()}
	switch {
	case f.On:
		f.Said = i18n.M("ticket.consent.given", "When", t.ConsentAt, "Who", unnamed(t.ConsentBy))
	case !t.RevokedAt.IsZero():
		f.Said = i18n.M("ticket.consent.revoked", "When", t.RevokedAt)
	default:
		f.Said = i18n.M("ticket.consent.never")
	}
	return f
}
