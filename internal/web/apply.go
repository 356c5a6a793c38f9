package web

import (
	"errors"
	"net/http"
	"strconv"

	"nichoir/internal/i18n"
	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// applyView is the form of an application.
type applyView struct {
	render.Page

	Header   render.Header
	Standing standingView
	Form     applyForm
}

// applyForm holds the questions and what was typed.
type applyForm struct {
	Key         string // see onboarding.Form
	Association render.Field
	Object      render.Field
	Slug        slugField
	Accounts    render.Field
	Suite       render.Field
	LeadName    render.Field
	Email       render.Field
	Region      render.Field // these two are for what follows, and asked of nobody
	Help        boxes
	Aid         bool // they are shown, for something was said there
	Terms       render.Field
}

func (f *applyForm) fields() []*render.Field {
	return []*render.Field{
		&f.Association, &f.Object, &f.Slug.Field, &f.Accounts, &f.Suite, &f.LeadName, &f.Email, &f.Region, &f.Help.Field,
		&f.Terms,
	}
}

// newApplication shows the empty form, or why there is none now.
func (s *Server) newApplication(w http.ResponseWriter, r *http.Request) error {
	st, err := s.opts.Onboarding.Standing(r.Context())
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("public.apply.title"))
	if !standing(page, st).Open {
		return s.showClosed(w, r, http.StatusOK, st)
	}
	key, err := s.formKey()
	if err != nil {
		return err
	}
	form := s.newApplyForm(page, st.Campaign.Plan)
	form.Key = key
	return s.show(w, r, http.StatusOK, "public/apply", viewOfForm(page, st, form))
}

func viewOfForm(page render.Page, st onboarding.Standing, form applyForm) applyView {
	v := applyView{Page: page, Standing: standing(page, st), Form: form}
	v.Header = render.Header{Title: page.Title, Lead: i18n.M("public.apply.lead")}
	v.Description = i18n.M("public.landing.description")
	return v
}

// showClosed says that no campaign is open, and when the next one opens; before that, what else there is to say.
func (s *Server) showClosed(w http.ResponseWriter, r *http.Request, status int, st onboarding.Standing, first ...i18n.Message) error {
	page := s.page(r, i18n.M("public.apply.closed"))
	now := standing(page, st)
	return s.show(w, r, status, render.MessagePage, render.MessageView{
		Page: page, Drawing: "nest-box", Body: append(first, now.Say, now.Detail), Action: now.Action,
	})
}

// createApplication keeps the form, or shows it again with what is wrong and all that was typed.
func (s *Server) createApplication(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	page := s.page(r, i18n.M("public.apply.title"))
	in := s.applied(r, page)
	a, err := s.opts.Onboarding.Apply(r.Context(), in)
	p, refused := refusal(err)
	if err == nil {
		return s.redirect(w, r, "/demande/"+a.PublicID+"/envoyee")
	}
	if !refused {
		return err
	}
	st, err := s.opts.Onboarding.Standing(r.Context())
	if err != nil {
		return err
	}
	if !standing(page, st).Open {
		return s.showClosed(w, r, http.StatusConflict, st, sentence(problem.New(problem.Conflict, "problem.campaign_closed")))
	}
	return s.showFormAgain(w, r, page, st, in, p)
}

// applied is the form as it was typed. The proposed name is taken unless another one was typed meanwhile.
func (s *Server) applied(r *http.Request, page render.Page) onboarding.Form {
	accounts, err := strconv.Atoi(typed(r, onboarding.FieldAccounts))
	if err != nil {
		accounts = 0 // out of the range, and refused with it
	}
	return onboarding.Form{
		Key:         typed(r, "form_key"),
		Association: r.PostFormValue(onboarding.FieldAssociation),
		Object:      r.PostFormValue(onboarding.FieldObject),
		LeadName:    r.PostFormValue(onboarding.FieldLeadName),
		Email:       typed(r, onboarding.FieldEmail),
		Accounts:    accounts,
		Suite:       provisioning.Suite(typed(r, onboarding.FieldSuite)),
		Slug:        chosenSlug(r),
		Region:      typed(r, onboarding.FieldRegion),
		Help:        r.PostForm[onboarding.FieldHelp],
		Lang:        page.Lang,
		Terms:       typed(r, onboarding.FieldTerms) != "",
		Remote:      s.remote(r),
	}
}

// showFormAgain shows the form again.
func (s *Server) showFormAgain(
	w http.ResponseWriter, r *http.Request, page render.Page, st onboarding.Standing, in onboarding.Form, p *problem.Error,
) error {
	form := s.newApplyForm(page, st.Campaign.Plan)
	form.fill(in, typed(r, onboarding.FieldAccounts))
	whole := mark(p, form.fields()...)
	if err := s.propose(r.Context(), &form.Slug, in.Slug, in.Association); err != nil {
		return err
	}
	if in.Key == "" || p.Key == "problem.form_stale" {
		key, err := s.formKey()
		if err != nil {
			return errors.Join(p, err)
		}
		form.Key = key
	}
	page.Errors = summarise(whole, form.fields()...)
	return s.show(w, r, statusOf(p.Code), "public/apply", viewOfForm(page, st, form))
}

// fill puts what was typed back into the form.
func (f *applyForm) fill(in onboarding.Form, accounts string) {
	f.Key = in.Key
	f.Association.Value, f.Object.Value, f.LeadName.Value = in.Association, in.Object, in.LeadName
	f.Email.Value, f.Accounts.Value, f.Suite.Value = in.Email, accounts, string(in.Suite)
	f.Slug.Field.Value, f.Terms.Checked = in.Slug, in.Terms
	f.Region.Value, f.Help.Ticked, f.Aid = in.Region, in.Help, in.Region != "" || len(in.Help) > 0
}

func (s *Server) newApplyForm(page render.Page, plan onboarding.Plan) applyForm {
	f := applyForm{
		Association: render.Field{Name: onboarding.FieldAssociation, Label: i18n.M("public.apply.association"),
			Hint: i18n.M("public.apply.association-hint"), Autocomplete: "organization"},
		Object: render.Field{Name: onboarding.FieldObject, Label: i18n.M("public.apply.object"),
			Hint: i18n.M("public.apply.object-hint"), Rows: 5},
		Accounts: render.Field{Name: onboarding.FieldAccounts, Label: i18n.M("public.apply.accounts"),
			Hint: i18n.M("public.apply.accounts-hint", "Max", plan.Limits.Accounts), Type: "number", InputMode: "numeric",
			Narrow: true, Min: "1", Max: strconv.Itoa(plan.Limits.Accounts)},
		Suite: render.Field{Name: onboarding.FieldSuite, Label: i18n.M("public.apply.suite"),
			Hint: i18n.M("public.apply.suite-hint"), Type: "radio"},
		Slug: newSlugField(page),
		LeadName: render.Field{Name: onboarding.FieldLeadName, Label: i18n.M("public.apply.lead-name"),
			Hint: i18n.M("public.apply.lead-name-hint"), Autocomplete: "name"},
		Email: render.Field{Name: onboarding.FieldEmail, Label: i18n.M("public.apply.email"),
			Hint: i18n.M("public.apply.email-hint"), Type: "email", InputMode: "email", Autocomplete: "email", NoSpell: true},
		Region: render.Field{Name: onboarding.FieldRegion, Label: i18n.M("public.apply.region"), Optional: true,
			Choices: regionChoices(i18n.M("public.apply.region-none"))},
		Help: newBoxes(onboarding.FieldHelp, i18n.M("public.apply.help"), support.Kinds(), nil, kindWord),
		Terms: render.Field{Name: onboarding.FieldTerms,
			Label: i18n.M("public.apply.terms", "Terms", s.terms(page), "Privacy", s.privacy(page))},
	}
	f.Help.Optional = true
	for _, suite := range plan.Suites {
		hint := i18n.M("public.apply.collabora")
		if suite == provisioning.OnlyOffice {
			hint = i18n.M("public.apply.onlyoffice")
		}
		f.Suite.Choices = append(f.Suite.Choices, render.Choice{Value: string(suite), Label: suiteName(suite), Hint: hint})
	}
	if len(plan.Suites) == 1 {
		f.Suite.Value = string(plan.Suites[0])
	}
	return f
}
