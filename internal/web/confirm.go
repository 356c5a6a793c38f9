package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
)

// confirmAddressView asks for the one click that confirms an address; with Slug, for another name as well.
type confirmAddressView struct {
	render.Page

	Association string
	Action      string
	Taken       bool // the name was claimed by somebody else meanwhile
	Slug        slugField
}

// showConfirmAddress shows the button. Mail scanners come here too: nothing is consumed.
func (s *Server) showConfirmAddress(w http.ResponseWriter, r *http.Request) error {
	a, err := s.applicationOfLink(r)
	if err != nil {
		return s.confirmFailed(w, r, a, err)
	}
	return s.show(w, r, http.StatusOK, "public/confirm", s.viewOfConfirm(r, a))
}

// applicationOfLink returns what the link is about; with problem.Gone too.
func (s *Server) applicationOfLink(r *http.Request) (onboarding.Application, error) {
	link, bad := s.opts.Identity.Open(r.Context(), mux.Vars(r)["token"], identity.PurposeConfirm)
	if link.Ref == 0 {
		return onboarding.Application{}, bad
	}
	a, err := s.opts.Onboarding.Application(r.Context(), link.Ref)
	if err != nil {
		return onboarding.Application{}, err
	}
	return a, bad
}

func (s *Server) viewOfConfirm(r *http.Request, a onboarding.Application) confirmAddressView {
	page := s.page(r, i18n.M("public.confirm.title"))
	page.NoIndex = true
	return confirmAddressView{Page: page, Association: a.Association, Action: page.Href(r.URL.Path), Slug: newSlugField(page)}
}

// confirmAddress spends the link.
func (s *Server) confirmAddress(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	slug := chosenSlug(r)
	done, err := s.opts.Onboarding.Confirm(r.Context(), mux.Vars(r)["token"], slug)
	if err == nil {
		return s.redirect(w, r, "/suivi/"+done.PublicID)
	}
	p, refused := refusal(err)
	if !refused {
		return err
	}
	a, bad := s.applicationOfLink(r)
	if p.Key == "problem.slug_taken" || p.Code == problem.Invalid {
		if bad != nil {
			return s.confirmFailed(w, r, a, bad)
		}
		return s.askAnotherName(w, r, a, slug, p)
	}
	return s.confirmFailed(w, r, a, err)
}

// askAnotherName shows the page with the name that cannot be had. The link stays good.
func (s *Server) askAnotherName(w http.ResponseWriter, r *http.Request, a onboarding.Application, slug string, p *problem.Error) error {
	view := s.viewOfConfirm(r, a)
	if slug == "" {
		slug = a.Slug
	}
	view.Taken = true
	view.Slug.Field.Value = slug
	if p.Code == problem.Conflict {
		view.Slug.Field.Error = sentence(p)
	}
	var whole []i18n.Message
	if p.Code == problem.Invalid {
		whole = mark(p, &view.Slug.Field)
	}
	if err := s.propose(r.Context(), &view.Slug, slug, a.Association); err != nil {
		return err
	}
	view.Errors = summarise(whole, &view.Slug.Field)
	return s.show(w, r, statusOf(p.Code), "public/confirm", view)
}

// confirmFailed leads who has confirmed already to the application, and explains other links that do nothing.
func (s *Server) confirmFailed(w http.ResponseWriter, r *http.Request, a onboarding.Application, err error) error {
	p, refused := refusal(err)
	switch {
	case !refused:
		return err
	case !a.ConfirmedAt.IsZero():
		return s.redirect(w, r, "/suivi/"+a.PublicID)
	case a.State == onboarding.Expired && p.Code == problem.Gone: // a new link would lead nowhere
		return s.showExpired(w, r, problem.New(problem.Gone, "problem.application_expired"))
	case isBadLink(p):
		return s.showBadLink(w, r, p, identity.PurposeConfirm)
	case p.Key == "problem.application_expired":
		return s.showExpired(w, r, p)
	default:
		return err
	}
}

// showExpired leads to the form again: the application waited too long for its address.
func (s *Server) showExpired(w http.ResponseWriter, r *http.Request, p *problem.Error) error {
	page := s.page(r, i18n.M("public.link.expired"))
	page.NoIndex = true
	return s.show(w, r, statusOf(p.Code), render.MessagePage, render.MessageView{
		Page: page, Drawing: "empty-nest", Body: []i18n.Message{sentence(p)},
		Action: render.Link{URL: page.Href(pathApply), Text: i18n.M("public.landing.apply")},
	})
}
