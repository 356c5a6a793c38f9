package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
)

// askView asks before something is done that cannot be taken back by a click.
type askView struct {
	render.Page

	Header render.Header
	Body   i18n.Message
	Action string
	Button i18n.Message
	Back   render.Link
}

// askWithdraw asks whether the application is really to be withdrawn.
func (s *Server) askWithdraw(w http.ResponseWriter, r *http.Request) error {
	st, err := s.ownStatus(r)
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("public.withdraw.title"))
	page.NoIndex = true
	return s.show(w, r, http.StatusOK, "lead/ask", askView{
		Page: page, Header: render.Header{Title: page.Title},
		Body:   i18n.M("public.withdraw.body", "Name", st.Application.Association),
		Action: page.Href(r.URL.Path), Button: i18n.M("public.withdraw.button"),
		Back: render.Link{URL: page.Href("/suivi/" + st.Application.PublicID), Text: i18n.M("public.withdraw.back")},
	})
}

// withdraw ends the application at its lead's wish.
func (s *Server) withdraw(w http.ResponseWriter, r *http.Request) error {
	session, _ := s.session(r)
	id := mux.Vars(r)["id"]
	if err := s.opts.Onboarding.Withdraw(r.Context(), id, session.Person); err != nil {
		return err
	}
	if err := s.flash(w, render.Notice{Kind: render.Done, Title: i18n.M("public.withdraw.done")}); err != nil {
		return err
	}
	return s.redirect(w, r, "/suivi/"+id)
}

// ownStatus returns the application in the address, if it is the person's who is signed in.
func (s *Server) ownStatus(r *http.Request) (onboarding.Status, error) {
	st, err := s.opts.Onboarding.Status(r.Context(), mux.Vars(r)["id"])
	if err != nil {
		return onboarding.Status{}, err
	}
	session, _ := s.session(r)
	if session.Person.ID == 0 || st.Application.PersonID != session.Person.ID {
		return onboarding.Status{}, problem.New(problem.NotFound, "problem.not_found")
	}
	return st, nil
}
