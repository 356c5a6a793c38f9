package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
)

// showYearlyLink shows the profile with the two ways to answer. Nothing is consumed.
func (s *Server) showYearlyLink(w http.ResponseWriter, r *http.Request) error {
	p, err := s.opts.Directory.OpenProfile(r.Context(), mux.Vars(r)["token"])
	if err != nil {
		return s.yearlyOver(w, r, p, err)
	}
	if p.ProfileAsked.IsZero() { // each manager got a link, and another was quicker
		return s.showYearlyOutcome(w, r, p)
	}
	return s.show(w, r, http.StatusOK, "provider/yearly", s.viewOfYearlyLink(r, p))
}

func (s *Server) viewOfYearlyLink(r *http.Request, p directory.Provider) *yearlyView {
	page := s.page(r, i18n.M("provider.yearly.title"))
	page.NoIndex = true
	return &yearlyView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("provider.yearly.lead")}, Name: p.Profile.Name,
		Facts: yearlyFacts(p.Profile), Form: newProjectForm(projectPrefix(0), directory.Project{}),
		Action: page.Href(r.URL.Path), Pause: true,
		Profile: render.Link{URL: page.Href(deskPath(p) + "/profil"), Text: i18n.M("provider.yearly.change")},
	}
}

// answerYearly confirms the profile with one new project, or puts the organisation to rest.
func (s *Server) answerYearly(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	token := mux.Vars(r)["token"]
	p, err := s.opts.Directory.OpenProfile(r.Context(), token)
	if err != nil {
		return s.yearlyOver(w, r, p, err)
	}
	view := s.viewOfYearlyLink(r, p)
	err = s.opts.Directory.ConfirmProfileByLink(r.Context(), token, view.Form.read(r), typed(r, "choix") == choosePause)
	refused, ok := refusal(err)
	switch {
	case err == nil:
		return s.redirect(w, r, r.URL.Path) // which says what it came to
	case ok && refused.Code == problem.Invalid:
		view.Errors = refuseForm(refused, view.Form.fields()...)
		return s.show(w, r, http.StatusUnprocessableEntity, "provider/yearly", view)
	case ok && refused.Code == problem.Gone:
		return s.yearlyOver(w, r, p, err)
	}
	return err
}

// yearlyOver says what a used link came to, and explains others that do nothing.
func (s *Server) yearlyOver(w http.ResponseWriter, r *http.Request, p directory.Provider, err error) error {
	refused, ok := refusal(err)
	switch {
	case !ok:
		return err
	case refused.Code == problem.Gone && p.ProfileAsked.IsZero(), refused.Key == "problem.link_used" && p.State == directory.Paused:
		return s.showYearlyOutcome(w, r, p)
	case isBadLink(refused):
		return s.showBadLink(w, r, refused, identity.PurposeProfile)
	}
	return err
}

// showYearlyOutcome says what the question has come to: confirmed, or resting until it is.
func (s *Server) showYearlyOutcome(w http.ResponseWriter, r *http.Request, p directory.Provider) error {
	said := render.Notice{Kind: render.Done, Title: i18n.M("provider.yearly.done"), Body: i18n.M("provider.yearly.done-body")}
	if !p.ProfileAsked.IsZero() {
		said = render.Notice{Kind: render.Info, Title: i18n.M("provider.yearly.paused"), Body: i18n.M("provider.yearly.paused-body")}
	}
	page := s.page(r, i18n.M("provider.proposal.noted"))
	page.NoIndex = true
	return s.show(w, r, http.StatusOK, "provider/outcome", outcomeView{Page: page, Drawing: "nest-box", Outcome: said,
		Desk: render.Link{URL: page.Href(pathProvider), Text: i18n.M("provider.proposal.desk")}})
}
