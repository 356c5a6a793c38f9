package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// aidColeads are those who may ask for help beside the lead.
type aidColeads struct {
	Rows   []aidColead
	Add    string       // where one is added; "" when nobody can be
	Who    render.Field // among the members
	Invite string       // where members are invited, when there is nobody to choose; "" otherwise
}

type aidColead struct {
	Name, Email string
	Waits       bool // for the account to be activated: takes no part yet
	Remove      string
}

// aidPast is an accompaniment or a proposal that is over.
type aidPast struct {
	Name   string
	URL    string // its page; "" once it has none
	Tag    render.Tag
	From   time.Time
	Until  time.Time
	Reason string // in the words of whoever ended it
}

// ticketsOnAid is how many tickets the page shows; the others are on their list.
const ticketsOnAid = 5

// aidPeople fills in the tickets, what is over, and the co-leads.
func (s *Server) aidPeople(r *http.Request, view *aidView, search linking.Search) error {
	space := visitOf(r).space
	found, err := s.opts.Tickets.List(r.Context(), tickets.Filter{SpaceID: search.SpaceID, Limit: ticketsOnAid}, s.reader(r))
	if err != nil {
		return err
	}
	view.Tickets = spaceTicketRows(view.Page, found, tickets.SideSpace)
	for _, l := range search.Past {
		view.Past = append(view.Past, pastLine(view.Page, l))
	}
	coleads, err := s.opts.Tickets.Coleads(r.Context(), search.SpaceID)
	if err != nil {
		return err
	}
	path := spaceAid(space.Space.PublicID) + "/coresponsables"
	taken := map[int64]bool{}
	for _, c := range coleads {
		row := aidColead{Name: c.Name, Email: c.Email, Waits: !c.Active}
		if view.Leads {
			row.Remove = view.Href(path + "/" + itoa(c.AccountID) + "/retirer")
		}
		taken[c.AccountID] = true
		view.Coleads.Rows = append(view.Coleads.Rows, row)
	}
	if !view.Leads {
		return nil
	}
	who := render.Field{Name: "compte", Label: i18n.M("aid.coleads.who"), Choices: []render.Choice{{Value: "", Label: i18n.M("aid.coleads.choose")}}}
	for _, a := range space.Accounts {
		if a.Role == provisioning.Lead || taken[a.ID] || a.State != provisioning.Invited && a.State != provisioning.AccountActive {
			continue
		}
		who.Choices = append(who.Choices, render.Choice{Value: itoa(a.ID), Label: i18n.Raw(a.Name + " (" + a.Email + ")")})
	}
	if len(who.Choices) > 1 {
		view.Coleads.Add, view.Coleads.Who = view.Href(path), who
	} else if len(coleads) == 0 && habitable(space.Space.State) {
		view.Coleads.Invite = view.Href("/espace/"+space.Space.PublicID) + "#comptes"
	}
	return nil
}

// pastLine says how a proposal or an accompaniment ended.
func pastLine(page render.Page, l linking.Link) aidPast {
	line := aidPast{
		Name: l.ProviderName, From: l.ProposedAt, Until: l.EndedAt, Reason: l.DeclineReason,
		Tag: render.StateTag("link", string(l.State)),
	}
	if l.ProviderSlug != "" {
		line.URL = page.Href(providerPath(l.ProviderSlug))
	}
	if l.EndReason != "" {
		line.Reason = l.EndReason
	}
	if code := endCode(l); code != "" {
		line.Tag.Text = i18n.M("aid.past." + code)
	}
	return line
}

// endCode names how a link came to be over, where its state alone does not tell; "" otherwise.
func endCode(l linking.Link) string {
	switch {
	case l.State == linking.Lapsed, l.EndedBy == "":
		return ""
	case l.State == linking.Declined && l.EndedBy == "team":
		return "withdrawn_team"
	case l.State == linking.Declined: // not by the provider
		return "withdrawn"
	case slices.Contains([]string{"lead", "provider", "team", "change", "closing"}, l.EndedBy):
		return l.EndedBy
	}
	return ""
}

// addColead lets a member ask for help, too.
func (s *Server) addColead(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	space := visitOf(r).space.Space
	id, err := strconv.ParseInt(typed(r, "compte"), 10, 64)
	if err != nil {
		return s.warn(w, r, spaceAid(space.PublicID), i18n.M("aid.coleads.nobody"))
	}
	err = s.opts.Tickets.AddColead(r.Context(), space.ID, id, s.reader(r))
	if p, refused := refusal(err); refused && p.Key == "problem.member_not_found" { // removed meanwhile
		return s.warn(w, r, spaceAid(space.PublicID), sentence(p))
	}
	if err != nil {
		return err
	}
	said := i18n.M("aid.flash.colead-added")
	if slices.ContainsFunc(visitOf(r).space.Accounts, func(a provisioning.Account) bool { return a.ID == id && a.State == provisioning.Invited }) {
		said = i18n.M("aid.flash.colead-waits")
	}
	return s.done(w, r, spaceAid(space.PublicID), said)
}

// coleadOf returns the co-lead in the address.
func (s *Server) coleadOf(r *http.Request) (tickets.Colead, error) {
	coleads, err := s.opts.Tickets.Coleads(r.Context(), visitOf(r).space.Space.ID)
	if err != nil {
		return tickets.Colead{}, err
	}
	for _, c := range coleads {
		if itoa(c.AccountID) == mux.Vars(r)["account"] {
			return c, nil
		}
	}
	return tickets.Colead{}, problem.New(problem.NotFound, "problem.member_not_found")
}

// askRemoveColead asks before a member may ask for help no more. Of who is none any more the page tells.
func (s *Server) askRemoveColead(w http.ResponseWriter, r *http.Request) error {
	c, err := s.coleadOf(r)
	if problem.Is(err, problem.NotFound) {
		return s.redirect(w, r, spaceAid(visitOf(r).space.Space.PublicID))
	}
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("aid.coleads.remove-title", "Name", c.Name))
	return s.show(w, r, http.StatusOK, "lead/ask", askView{
		Page: page, Header: render.Header{Title: page.Title, Crumbs: s.aidCrumbs(r, page)},
		Body: i18n.M("aid.coleads.remove-body", "Name", c.Name), Action: page.Href(r.URL.Path), Button: i18n.M("aid.coleads.remove-button"),
		Back: render.Link{URL: page.Href(spaceAid(visitOf(r).space.Space.PublicID)), Text: i18n.M("aid.coleads.remove-back")},
	})
}

func (s *Server) removeColead(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(mux.Vars(r)["account"], 10, 64)
	if err != nil {
		return problem.New(problem.NotFound, "problem.member_not_found")
	}
	space := visitOf(r).space.Space
	if err := s.opts.Tickets.RemoveColead(r.Context(), space.ID, id, s.reader(r)); err != nil {
		return err
	}
	return s.done(w, r, spaceAid(space.PublicID), i18n.M("aid.flash.colead-removed"))
}
