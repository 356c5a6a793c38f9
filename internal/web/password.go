package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
)

// How often an address and a machine may ask for a new password within an hour.
const (
	forgottenByAddress = 5
	forgottenByMachine = 30
)

// forgotView asks for the address of an account.
type forgotView struct {
	render.Page

	Header render.Header
	Email  render.Field
}

func (s *Server) showForgotten(w http.ResponseWriter, r *http.Request) error {
	return s.showForgottenForm(w, r, http.StatusOK, "", nil)
}

func (s *Server) showForgottenForm(w http.ResponseWriter, r *http.Request, status int, email string, p *problem.Error) error {
	page := s.page(r, i18n.M("public.forgot.title"))
	view := forgotView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("public.forgot.lead")},
		Email: render.Field{Name: "email", Type: "email", InputMode: "email", Autocomplete: "email", NoSpell: true,
			Label: i18n.M("public.forgot.email"), Hint: i18n.M("public.forgot.hint"), Value: email},
	}
	if p != nil {
		view.Errors = summarise(mark(p, &view.Email), &view.Email)
	}
	return s.show(w, r, status, "public/forgot", view)
}

// forgotten mails a link for each account of the address. What it answers does not tell whether there are any.
func (s *Server) forgotten(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	email := typed(r, "email")
	address, err := s.opts.ParseAddress(email)
	if err != nil {
		p := problem.InvalidField("email", "problem.email_invalid")
		return s.showForgottenForm(w, r, statusOf(p.Code), email, p)
	}
	err = s.allowForgotten(r, address)
	if p, refused := refusal(err); refused {
		return s.showForgottenForm(w, r, statusOf(p.Code), email, p)
	}
	if err != nil {
		return err
	}
	err = s.steadily(r.Context(), func(ctx context.Context) error {
		return s.opts.Provisioning.ForgottenPassword(ctx, address)
	})
	if err != nil {
		return err
	}
	return s.redirect(w, r, pathForgot+"/envoye")
}

func (s *Server) allowForgotten(r *http.Request, address string) error {
	id := s.opts.Identity
	if err := id.Allow(r.Context(), "forgotten-remote", s.remote(r), forgottenByMachine, time.Hour); err != nil {
		return err
	}
	return id.Allow(r.Context(), "forgotten-address", strings.ToLower(address), forgottenByAddress, time.Hour)
}

func (s *Server) showForgottenSent(w http.ResponseWriter, r *http.Request) error {
	page := s.page(r, i18n.M("public.forgot.sent"))
	return s.show(w, r, http.StatusOK, render.MessagePage, render.MessageView{
		Page: page, Drawing: "pigeon",
		Body: []i18n.Message{i18n.M("public.forgot.sent-body"), i18n.M("public.sent.spam")},
	})
}
