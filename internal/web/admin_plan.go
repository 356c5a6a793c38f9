package web

import (
	"net/http"
	"strconv"

	"nichoir/internal/i18n"
	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

const pathAdminPlans = pathAdmin + "/formules"

// Sizes are typed in the units in which Nextcloud labels them.
const (
	megabyte = 1 << 20
	gigabyte = 1 << 30
	maxUnits = 1 << 20 // of either: a petabyte at most, so that nothing overflows
)

// planView is the form of a new plan.
type planFormView struct {
	render.Page
	Header     render.Header
	Action     string
	Cancel     string
	Name       render.Field
	Total      render.Field
	Accounts   render.Field
	Personal   render.Field
	Suites     []render.Field
	SuiteError i18n.Message
}

func (v *planFormView) fields() []*render.Field {
	return []*render.Field{&v.Name, &v.Total, &v.Accounts, &v.Personal}
}

func (s *Server) planForm(r *http.Request) *planFormView {
	page := s.page(r, i18n.M("admin.plan.title"))
	words := s.opts.Render.Locale(page.Lang)
	size := func(name, label, hint, value string) render.Field {
		return render.Field{
			Name: name, Label: i18n.M("admin.plan." + label), Hint: i18n.M("admin.plan." + hint), Value: value, Type: "number",
			InputMode: "numeric", Min: "0", Narrow: true,
		}
	}
	v := &planFormView{
		Page: page, Action: page.Href(pathAdminPlans + "/nouvelle"), Cancel: page.Href(pathAdminCampaigns),
		Header: render.Header{Title: page.Title, Lead: i18n.M("admin.plan.lead"), Crumbs: crumbs(page, pathAdminCampaigns, "admin.nav.campaigns")},
		Name:   render.Field{Name: "name", Label: i18n.M("admin.plan.name"), MaxLength: 60, Autocomplete: "off"},
		Total:  size("total", "total", "total-hint", "40"), Personal: size("personal", "personal", "personal-hint", "100"),
		Accounts: render.Field{
			Name: "accounts", Label: i18n.M("admin.plan.accounts"), Value: "50", Type: "number", InputMode: "numeric", Min: "1", Narrow: true,
		},
	}
	v.Total.Suffix, v.Personal.Suffix = words.T("admin.plan.gigabytes"), words.T("admin.plan.megabytes")
	for _, suite := range []provisioning.Suite{provisioning.Collabora, provisioning.OnlyOffice} {
		v.Suites = append(v.Suites, render.Field{
			Name: "suite-" + string(suite), Label: suiteName(suite), Optional: true, Checked: r.Method == http.MethodGet,
		})
	}
	return v
}

// read takes what was typed, and keeps it in the form.
func (v *planFormView) read(r *http.Request) onboarding.Plan {
	for _, field := range v.fields() {
		field.Value = typed(r, field.Name)
	}
	whole := func(field *render.Field) int64 {
		n, err := strconv.ParseInt(field.Value, 10, 64)
		if err != nil || n < 0 || n > maxUnits {
			field.Error = i18n.M("admin.campaign.number-wrong")
			return 0
		}
		return n
	}
	p := onboarding.Plan{Name: v.Name.Value, Limits: provisioning.Plan{
		TotalBytes: whole(&v.Total) * gigabyte, Accounts: int(whole(&v.Accounts)), PersonalBytes: whole(&v.Personal) * megabyte,
	}}
	for i, suite := range []provisioning.Suite{provisioning.Collabora, provisioning.OnlyOffice} {
		if v.Suites[i].Checked = typed(r, v.Suites[i].Name) != ""; v.Suites[i].Checked {
			p.Suites = append(p.Suites, suite)
		}
	}
	return p
}

func (s *Server) newPlan(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, http.StatusOK, "admin/plan", s.planForm(r))
}

func (s *Server) createPlan(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	view := s.planForm(r)
	p := view.read(r)
	view.Errors = summarise(nil, view.fields()...)
	if view.Errors.Any() {
		return s.show(w, r, http.StatusUnprocessableEntity, "admin/plan", view)
	}
	_, err := s.opts.Onboarding.AddPlan(r.Context(), s.person(r).ID, p)
	if refused, ok := refusal(err); ok && refused.Code == problem.Invalid {
		view.refuse(refused, p)
		return s.show(w, r, http.StatusUnprocessableEntity, "admin/plan", view)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, pathAdminCampaigns, i18n.M("admin.flash.plan"))
}

// refuse writes a refusal beside its fields; the one of too large personal rooms with the figures.
func (v *planFormView) refuse(p *problem.Error, plan onboarding.Plan) {
	rest := mark(p, v.fields()...)
	l := plan.Limits
	if v.Personal.Error.Key == "problem.personal_over_half" && l.Accounts > 0 {
		v.Personal.Error = i18n.M("admin.plan.over-half", "Accounts", l.Accounts, "Personal", i18n.Size(l.PersonalBytes),
			"Sum", i18n.Size(int64(l.Accounts)*l.PersonalBytes), "Total", i18n.Size(l.TotalBytes),
			"Most", i18n.Size(l.TotalBytes/2/int64(l.Accounts)))
	}
	v.Errors = summarise(nil, v.fields()...)
	for _, text := range rest { // of the suites: a group of boxes
		v.SuiteError = text
		v.Errors.Items = append(v.Errors.Items, render.ErrorItem{Target: v.Suites[0].Name, Text: text})
	}
}
