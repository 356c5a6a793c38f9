package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
)

// membersView lists who belongs to the organisation, and asks for another.
type membersView struct {
	render.Page

	Header  render.Header
	Members []memberLine
	Manager bool
	Action  string
	Name    render.Field
	Email   render.Field
	Manages render.Field
}

type memberLine struct {
	Name    string
	Email   string
	Manager bool
	Own     bool
	Since   time.Time // zero: invited, and has not joined yet
	Invited time.Time
	Remove  string // "" for whoever may not change the list, as Again
	Again   string // where the invitation is sent again
}

func (v *membersView) fields() []*render.Field {
	return []*render.Field{&v.Name, &v.Email, &v.Manages}
}

func (s *Server) viewOfMembers(r *http.Request) (*membersView, error) {
	m := member(r)
	found, err := s.opts.Directory.Members(r.Context(), m.Provider.ID)
	if err != nil {
		return nil, err
	}
	page, header := s.deskPage(r, i18n.M("provider.members.title"))
	header.Lead = i18n.M("provider.members.lead")
	at := deskPath(m.Provider) + "/membres"
	v := &membersView{
		Page: page, Header: header, Manager: m.Manager, Action: page.Href(at),
		Name: render.Field{Name: directory.FieldContactName, Label: i18n.M("provider.members.name"), MaxLength: directory.NameMax, Autocomplete: "off"},
		Email: render.Field{Name: directory.FieldEmail, Label: i18n.M("provider.members.email"), Hint: i18n.M("provider.members.email-hint"),
			Type: "email", InputMode: "email", Autocomplete: "off", MaxLength: 254, NoSpell: true},
		Manages: render.Field{Name: "manager", Label: i18n.M("provider.members.manages"), Hint: i18n.M("provider.members.manages-hint"),
			Optional: true},
	}
	for _, one := range found {
		line := memberLine{Name: nameOf(one.Person), Email: one.Person.Email, Manager: one.Manager, Since: one.Joined,
			Invited: one.Invited, Own: one.Person.ID == s.person(r).ID}
		if m.Manager {
			person := at + "/" + itoa(one.Person.ID)
			line.Remove, line.Again = page.Href(person+"/retirer"), page.Href(person+"/inviter")
		}
		v.Members = append(v.Members, line)
	}
	return v, nil
}

func (s *Server) showMembers(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewOfMembers(r)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "provider/members", view)
}

func (s *Server) addMember(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	view, err := s.viewOfMembers(r)
	if err != nil {
		return err
	}
	view.Name.Value, view.Email.Value = typed(r, view.Name.Name), typed(r, view.Email.Name)
	view.Manages.Checked = typed(r, view.Manages.Name) != ""
	p := member(r).Provider
	known := slices.ContainsFunc(view.Members, func(m memberLine) bool {
		return strings.EqualFold(m.Email, view.Email.Value) && (m.Manager != view.Manages.Checked || !m.Since.IsZero())
	})
	// Who adds somebody does not mean to change what they may do. A double click meets the invitation that the first one sent.
	if known && typed(r, "regrade") == "" {
		return s.warn(w, r, deskPath(p)+"/membres", i18n.M("provider.members.known", "Address", view.Email.Value))
	}
	err = s.opts.Directory.AddMember(r.Context(), p.PublicID, view.Email.Value, view.Name.Value, view.Manages.Checked, s.person(r))
	if refused, ok := refusal(err); ok && (refused.Code == problem.Invalid || refused.Code == problem.TooMany) {
		view.Errors = refuseForm(refused, view.fields()...)
		return s.show(w, r, statusOf(refused.Code), "provider/members", view)
	}
	said := i18n.M("provider.members.added", "Address", view.Email.Value)
	if typed(r, "regrade") != "" {
		said = i18n.M("provider.members.regraded")
	}
	return s.settle(w, r, err, deskPath(p)+"/membres", said)
}

// inviteMemberAgain sends an invitation that nobody accepted once more.
func (s *Server) inviteMemberAgain(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(mux.Vars(r)["person"], 10, 64)
	if err != nil {
		return problem.Wrap(problem.NotFound, "problem.not_found", err)
	}
	p := member(r).Provider
	err = s.opts.Directory.InviteAgain(r.Context(), p.PublicID, id, s.person(r))
	if refused, ok := refusal(err); ok && refused.Code == problem.TooMany {
		return s.warn(w, r, deskPath(p)+"/membres", sentence(refused))
	}
	return s.settle(w, r, err, deskPath(p)+"/membres", i18n.M("provider.members.again-sent"))
}

// invitationView asks somebody whether they are the one who was meant.
type invitationView struct {
	render.Page

	Header render.Header
	Body   i18n.Message
	Action string
}

func (s *Server) showProviderInvitation(w http.ResponseWriter, r *http.Request) error {
	m := member(r)
	if m.Joined {
		return s.redirect(w, r, deskPath(m.Provider))
	}
	page := s.page(r, i18n.M("provider.invitation.title", "Provider", m.Provider.Profile.Name))
	return s.show(w, r, http.StatusOK, "provider/invitation", invitationView{
		Page: page, Header: render.Header{Title: page.Title}, Action: page.Href(r.URL.Path),
		Body: i18n.M("provider.invitation.body", "Provider", m.Provider.Profile.Name),
	})
}

// answerProviderInvitation lets somebody take part from now on, or takes the invitation back.
func (s *Server) answerProviderInvitation(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	p := member(r).Provider
	switch typed(r, "choix") {
	case "rejoindre":
		err := s.opts.Directory.Join(r.Context(), p.PublicID, s.person(r))
		return s.settle(w, r, err, deskPath(p), i18n.M("provider.invitation.joined", "Provider", p.Profile.Name))
	case "decliner":
		err := s.opts.Directory.DeclineInvitation(r.Context(), p.PublicID, s.person(r))
		return s.settle(w, r, err, pathProvider, i18n.M("provider.invitation.declined"))
	default:
		return s.redirect(w, r, deskPath(p))
	}
}

// askRemoveOfMembers asks before somebody no longer belongs to the organisation.
func (s *Server) askRemoveOfMembers(w http.ResponseWriter, r *http.Request) error {
	p := member(r).Provider
	found, err := s.opts.Directory.Members(r.Context(), p.ID)
	if err != nil {
		return err
	}
	for _, one := range found {
		if strconv.FormatInt(one.Person.ID, 10) != mux.Vars(r)["person"] {
			continue
		}
		page, header := s.deskPage(r, i18n.M("provider.members.remove-title", "Name", nameOf(one.Person)))
		return s.show(w, r, http.StatusOK, "lead/ask", askView{Page: page, Header: header,
			Body:   i18n.M("provider.members.remove-body", "Name", nameOf(one.Person), "Provider", p.Profile.Name),
			Action: page.Href(r.URL.Path), Button: i18n.M("provider.members.remove-button"),
			Back: render.Link{URL: page.Href(deskPath(p) + "/membres"), Text: i18n.M("provider.members.remove-back")}})
	}
	return problem.New(problem.NotFound, "problem.not_found")
}

func (s *Server) removeOfMembers(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(mux.Vars(r)["person"], 10, 64)
	if err != nil {
		return problem.Wrap(problem.NotFound, "problem.not_found", err)
	}
	p := member(r).Provider
	err = s.opts.Directory.RemoveMember(r.Context(), p.PublicID, id, s.person(r))
	path := deskPath(p) + "/membres"
	if err == nil && id == s.person(r).ID {
		path = pathProvider // the desk is theirs no longer
	}
	return s.settle(w, r, err, path, i18n.M("provider.members.removed"))
}
