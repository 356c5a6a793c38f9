package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// change is something that is done to a member: by whom, to which account.
type change func(ctx context.Context, publicID string, by, accountID int64) error

func (s *Server) disableMember(w http.ResponseWriter, r *http.Request) error {
	return s.changeMember(w, r, s.opts.Provisioning.DisableMember, i18n.M("lead.member.disabled"))
}

func (s *Server) enableMember(w http.ResponseWriter, r *http.Request) error {
	return s.changeMember(w, r, s.opts.Provisioning.EnableMember, i18n.M("lead.member.enabled"))
}

func (s *Server) reinviteMember(w http.ResponseWriter, r *http.Request) error {
	a, err := memberOf(r)
	if err != nil {
		return err
	}
	if err := s.allowInvitation(r, a.Email); err != nil {
		return err
	}
	return s.changeMember(w, r, s.opts.Provisioning.Reinvite, i18n.M("lead.member.reinvited"))
}

func (s *Server) removeMember(w http.ResponseWriter, r *http.Request) error {
	return s.changeMember(w, r, s.opts.Provisioning.RemoveMember, i18n.M("lead.member.removed"))
}

func (s *Server) changeMember(w http.ResponseWriter, r *http.Request, do change, done i18n.Message) error {
	a, err := memberOf(r)
	if err != nil {
		return err
	}
	space := visitOf(r).space.Space
	session, _ := s.session(r)
	said := render.Notice{Kind: render.Done, Title: done}
	err = do(r.Context(), space.PublicID, session.Person.ID, a.ID)
	if p, refused := refusal(err); refused && p.Code == problem.Conflict {
		said = render.Notice{Kind: render.Trouble, Title: sentence(p)} // a second click, or the member was quicker
	} else if err != nil {
		return err
	}
	if err := s.flash(w, said); err != nil {
		return err
	}
	return s.redirect(w, r, "/espace/"+space.PublicID)
}

// askRemoveMember asks whether a member is really to be removed, and says what becomes of their files.
func (s *Server) askRemoveMember(w http.ResponseWriter, r *http.Request) error {
	a, err := memberOf(r)
	if err != nil {
		return err
	}
	space := visitOf(r).space.Space
	page := s.page(r, i18n.M("lead.member.remove-title", "Name", a.Name))
	back := page.Href("/espace/" + space.PublicID)
	return s.show(w, r, http.StatusOK, "lead/ask", askView{
		Page:   page,
		Header: render.Header{Title: page.Title, Crumbs: []render.Link{{URL: back, Text: i18n.Raw(space.Name)}}},
		Body:   i18n.M("lead.member.remove-body", "Name", a.Name),
		Action: page.Href(r.URL.Path), Button: i18n.M("lead.member.remove-button"),
		Back: render.Link{URL: back, Text: i18n.M("lead.member.remove-back")},
	})
}

// memberOf returns the account in the address, if it is one of the space's.
func memberOf(r *http.Request) (provisioning.Account, error) {
	id, err := strconv.ParseInt(mux.Vars(r)["account"], 10, 64)
	if err != nil {
		return provisioning.Account{}, problem.Wrap(problem.NotFound, "problem.member_not_found", err)
	}
	for _, a := range visitOf(r).space.Accounts {
		if a.ID == id && a.State != provisioning.Removed {
			return a, nil
		}
	}
	return provisioning.Account{}, problem.New(problem.NotFound, "problem.member_not_found")
}
