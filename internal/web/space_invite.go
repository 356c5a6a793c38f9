package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// inviteForm asks for a new member.
type inviteForm struct {
	Action string
	Name   render.Field
	Email  render.Field
	Lang   render.Field
	Open   bool // shown at once, for something in it is wrong
}

func newInviteForm(page render.Page, space provisioning.Space) inviteForm {
	return inviteForm{
		Action: page.Href("/espace/" + space.PublicID + "/invitations"),
		Name:   render.Field{Name: "name", Label: i18n.M("lead.invite.name"), Hint: i18n.M("lead.invite.name-hint"), Autocomplete: "off"},
		Email: render.Field{Name: "email", Label: i18n.M("lead.invite.email"), Hint: i18n.M("lead.invite.email-hint"), Type: "email",
			InputMode: "email", Autocomplete: "off", NoSpell: true},
		Lang: render.Field{Name: "language", Label: i18n.M("lead.invite.lang"), Value: space.Lang, Narrow: true, Choices: []render.Choice{
			{Value: i18n.French, Label: i18n.Raw("Français")}, {Value: i18n.English, Label: i18n.Raw("English")}}},
	}
}

// invite takes a seat of the space for a new member.
func (s *Server) invite(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	space := visitOf(r).space.Space
	session, _ := s.session(r)
	in := provisioning.Invitation{Name: typed(r, "name"), Email: typed(r, "email"), Lang: typed(r, "language")}
	if !i18n.Known(in.Lang) {
		in.Lang = space.Lang
	}
	address, err := s.opts.ParseAddress(in.Email)
	if err != nil {
		wrong := problem.InvalidField("email", "problem.email_invalid")
		if in.Name == "" { // both at once, so that the form comes back once
			wrong.Fields = append(wrong.Fields, problem.Field{Name: "name", Key: "problem.member_name"})
		}
		return s.inviteAgain(w, r, in, wrong)
	}
	in.Email = address
	if err = s.allowInvitation(r, address); err == nil {
		var a provisioning.Account
		if a, err = s.opts.Provisioning.Invite(r.Context(), space.PublicID, session.Person.ID, in); err == nil {
			in.Name = a.Name // as it is kept
		}
	}
	if p, refused := refusal(err); refused && p.Code == problem.Invalid {
		again, lookErr := s.justInvited(r, address)
		if lookErr != nil {
			return lookErr
		}
		if again { // a double click
			err = nil
		}
	}
	if p, refused := refusal(err); refused && refusedInvitation(p) {
		in.Email = typed(r, "email")
		return s.inviteAgain(w, r, in, p)
	}
	if err != nil {
		return err
	}
	done := render.Notice{Kind: render.Done, Title: i18n.M("lead.invite.done", "Name", in.Name), Body: i18n.M("lead.invite.done-body", "Address", address)}
	if near, ok := s.opts.Suggest(address); ok {
		done = render.Notice{Kind: render.Waiting, Title: i18n.M("lead.invite.near", "Name", in.Name),
			Body: i18n.M("lead.invite.near-body", "Address", address, "Near", near)}
	}
	if err := s.flash(w, done); err != nil {
		return err
	}
	return s.redirect(w, r, "/espace/"+space.PublicID)
}

// invitationsPerDay is how many mails a space may cause to one address within a day.
const invitationsPerDay = 10

// allowInvitation keeps a space from being a means to fill somebody's mailbox: places that are freed can be given again.
func (s *Server) allowInvitation(r *http.Request, address string) error {
	who := visitOf(r).space.Space.PublicID + " " + strings.ToLower(address)
	return s.opts.Identity.Allow(r.Context(), "invitation", who, invitationsPerDay, 24*time.Hour)
}

// doubleClick is for how long a second press of the button is answered as the first was.
const doubleClick = 10 * time.Second

// justInvited looks anew: the first of two clicks may have ended after the second one began.
func (s *Server) justInvited(r *http.Request, address string) (bool, error) {
	v, err := s.opts.Provisioning.View(r.Context(), visitOf(r).space.Space.PublicID)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(v.Accounts, func(a provisioning.Account) bool {
		return a.State == provisioning.Invited && strings.EqualFold(a.Email, address) && s.opts.Now().Sub(a.InvitedAt) < doubleClick
	}), nil
}

// inviteAgain shows the space with the form as it was typed.
func (s *Server) inviteAgain(w http.ResponseWriter, r *http.Request, in provisioning.Invitation, p *problem.Error) error {
	view, err := s.viewOfLeadSpace(r, *visitOf(r).space)
	if err != nil {
		return err
	}
	view.Path, view.Query = "/espace/"+visitOf(r).space.Space.PublicID, "" // where the language can be changed
	form := &view.Invite
	form.Name.Value, form.Email.Value, form.Lang.Value, form.Open = in.Name, in.Email, in.Lang, true
	view.Errors = summarise(mark(p, &form.Name, &form.Email, &form.Lang), &form.Name, &form.Email, &form.Lang)
	return s.show(w, r, statusOf(p.Code), "lead/space", view)
}

// refusedInvitation is what the page says about an invitation that was refused as a whole: above the form, not on a page
// of its own.
func refusedInvitation(p *problem.Error) bool {
	switch p.Key {
	case "problem.space_full", "problem.space_too_used", "problem.space_not_working":
		return true
	}
	return p.Code == problem.Invalid || p.Code == problem.TooMany
}
