package web

import (
	"net/http"

	"nichoir/internal/i18n"
	"nichoir/internal/onboarding"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// landingView is the first page.
type landingView struct {
	render.Page

	Standing standingView
	Plan     planView
}

// planView is what one gets, from the plan's data. Without a campaign there is no plan to tell of.
type planView struct {
	Known    bool
	Total    i18n.Size
	Accounts int
	Suites   i18n.Message // which ones, in one sentence
}

// standingView is whether one can apply now.
type standingView struct {
	Phase  onboarding.Phase
	Open   bool         // the form takes applications
	Say    i18n.Message // in one sentence
	Detail i18n.Message // a second one, or nothing
	Tag    render.Tag   // the campaign's state
	Action render.Link  // what one can do about it
}

func (s *Server) showLanding(w http.ResponseWriter, r *http.Request) error {
	st, err := s.opts.Onboarding.Standing(r.Context())
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("public.landing.title"))
	page.Description = i18n.M("public.landing.description")
	view := landingView{Page: page, Standing: standing(page, st), Plan: planOf(st)}
	return s.show(w, r, http.StatusOK, "public/landing", view)
}

// planOf is the plan of the open campaign, or of the one that comes.
func planOf(st onboarding.Standing) planView {
	p := st.Campaign.Plan
	if p.ID == 0 && st.Next != nil {
		p = st.Next.Plan
	}
	if p.ID == 0 {
		return planView{}
	}
	view := planView{Known: true, Total: i18n.Size(p.Limits.TotalBytes), Accounts: p.Limits.Accounts}
	switch len(p.Suites) {
	case 0:
	case 1:
		view.Suites = i18n.M("public.landing.suite", "Name", suiteName(p.Suites[0]))
	default:
		view.Suites = i18n.M("public.landing.suites", "First", suiteName(p.Suites[0]), "Last", suiteName(p.Suites[1]))
	}
	return view
}

// suiteName is a suite's name as its makers write it.
func suiteName(suite provisioning.Suite) i18n.Message {
	if suite == provisioning.OnlyOffice {
		return i18n.Raw("OnlyOffice")
	}
	return i18n.Raw("Collabora Online")
}

// standing puts the state of the campaign in words.
func standing(page render.Page, st onboarding.Standing) standingView {
	apply := render.Link{URL: page.Href(pathApply), Text: i18n.M("public.landing.apply")}
	v := standingView{Phase: st.Phase}
	switch st.Phase {
	case onboarding.Open:
		v.Open, v.Action, v.Tag = true, apply, render.StateTag("campaign", "open")
		v.Say = i18n.M("public.landing.open", "Count", st.Left(), "Capacity", st.Campaign.Capacity)
		v.Detail = i18n.M("public.landing.until", "Date", st.Campaign.ClosesAt)
	case onboarding.Full:
		v.Open, v.Tag = true, render.StateTag("campaign", "full")
		v.Action = render.Link{URL: page.Href(pathApply), Text: i18n.M("public.landing.wait")}
		v.Say = i18n.M("public.landing.full", "Count", st.Waiting)
		v.Detail = i18n.M("public.landing.full-detail", "Date", st.Campaign.ClosesAt)
	case onboarding.Opening:
		v.Tag = render.StateTag("campaign", "upcoming")
		v.Say = i18n.M("public.landing.opening", "Date", st.Next.OpensAt)
		v.Detail = i18n.M("public.landing.opening-detail", "Count", st.Next.Capacity)
		v.Action = render.Link{URL: page.Href(pathHelp), Text: i18n.M("public.landing.learn")}
	default:
		v.Tag = render.StateTag("campaign", "closed")
		v.Say, v.Detail = i18n.M("public.landing.closed"), i18n.M("public.landing.closed-detail")
		v.Action = render.Link{URL: page.Href(pathHelp), Text: i18n.M("public.landing.learn")}
	}
	return v
}
