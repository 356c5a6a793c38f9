package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/web/render"
)

// applicationView is all that the desk knows of one application.
type applicationView struct {
	render.Page
	Header  render.Header
	ID      string
	Object  string
	Trouble *render.Notice
	Facts   []render.Fact
	Reason  string
	Trail   []render.Event
	Choose  string // where a decision is prepared, "" when none can be taken
	Approve bool   // it can be approved
	Batch   render.Link
	Reopen  string // where it is reopened, "" when it cannot be
	Slug    render.Field
}

func (s *Server) showApplication(w http.ResponseWriter, r *http.Request) error {
	return s.applicationPage(w, r, http.StatusOK, nil)
}

// applicationPage shows an application; refused is why it was not reopened.
func (s *Server) applicationPage(w http.ResponseWriter, r *http.Request, status int, refused *problem.Error) error {
	d, err := s.opts.Onboarding.Dossier(r.Context(), mux.Vars(r)["id"], s.person(r))
	if err != nil {
		return err
	}
	a := d.Application
	page := s.page(r, i18n.Raw(a.Association))
	view := &applicationView{
		Page: page, ID: a.PublicID, Object: a.Object, Reason: a.RejectReason, Trail: records(d.Trail), Facts: applicationFacts(page, d),
		Header: render.Header{
			Title: page.Title, Tag: new(applicationTag(a.State, d.BeingDecided)),
			Crumbs: crumbs(page, pathAdminApplications, "admin.nav.applications"),
		},
	}
	if a.MailTrouble != "" {
		view.Trouble = &render.Notice{
			Kind: render.Trouble, Title: i18n.M("admin.application.mail-title"),
			Body: i18n.M("admin.application.mail-body", "Email", a.LeadEmail, "Code", a.MailTrouble),
		}
	}
	switch {
	case a.BatchID != 0 && decidable(onboarding.Reject, a.State):
		view.Batch = render.Link{URL: page.Href(batchPath(a.BatchID)), Text: i18n.M("admin.application.to-batch")}
	case decidable(onboarding.Reject, a.State):
		view.Choose, view.Approve = page.Href(pathAdminBatches+"/nouveau"), decidable(onboarding.Approve, a.State)
	case a.State == onboarding.Rejected && a.ForgottenAt.IsZero() && s.decides(r):
		view.Reopen = page.Href(applicationPath(a.PublicID) + "/rouvrir")
		view.Slug = render.Field{
			Name: onboarding.FieldSlug, Label: i18n.M("admin.application.reopen-slug"), Value: a.Slug, Hint: i18n.M("admin.application.reopen-hint"),
			MaxLength: 40, NoSpell: true, Autocomplete: "off",
		}
	}
	if refused != nil {
		view.Slug.Value = typed(r, onboarding.FieldSlug)
		view.Slug.Error = reopenRefusal(refused)
		view.Errors = render.Summarise(view.Slug)
	}
	return s.show(w, r, status, "admin/application", view)
}

func reopenRefusal(p *problem.Error) i18n.Message {
	if proposal, ok := p.Args["proposal"].(string); ok && proposal != "" {
		return i18n.M("admin.application.proposal", "Proposal", proposal)
	}
	if len(p.Fields) > 0 {
		return said(p.Fields[0].Key, p.Fields[0].Args)
	}
	return sentence(p)
}

// applicationFacts are what was asked for, and what became of it.
func applicationFacts(page render.Page, d onboarding.Dossier) []render.Fact {
	a := d.Application
	at := func(v any) i18n.Message { return i18n.M("admin.at", "At", v) }
	facts := append(asker(page, d), []render.Fact{
		{Label: i18n.M("admin.application.accounts"), Value: i18n.M("admin.number", "Count", a.Accounts)},
		{Label: i18n.M("admin.application.suite"), Value: suiteName(a.Suite)},
		{Label: i18n.M("admin.application.lang"), Value: i18n.M("admin.lang." + a.Lang)},
		{Label: i18n.M("admin.application.region"), Value: regionSaid(a)},
		{Label: i18n.M("admin.application.help"), Value: helpSaid(a)},
		{Label: i18n.M("admin.application.campaign"), Value: i18n.Raw(d.Campaign.Name)},
		{Label: i18n.M("admin.application.sent"), Value: at(a.CreatedAt)},
	}...)
	confirmed := i18n.M("admin.application.not-confirmed")
	if !a.ConfirmedAt.IsZero() {
		confirmed = at(a.ConfirmedAt)
	}
	facts = append(facts, render.Fact{Label: i18n.M("admin.application.confirmed"), Value: confirmed})
	if d.Position > 0 {
		facts = append(facts, render.Fact{Label: i18n.M("admin.application.position"), Value: i18n.M("admin.number", "Count", d.Position)})
	}
	if d.Batch != nil {
		facts = append(facts, render.Fact{
			Label: i18n.M("admin.application.batch"), Value: i18n.M("admin.application.batch-number", "Number", d.Batch.ID),
			URL: page.Href(batchPath(d.Batch.ID)),
		})
	}
	if d.Space != nil {
		facts = append(facts, render.Fact{
			Label: i18n.M("admin.application.space"), Value: i18n.M("admin.application.space-open"),
			URL: page.Href(spacePath(d.Space.PublicID)),
		})
	}
	return facts
}

// regionSaid and helpSaid are the answers to the two questions that nobody has to answer.
func regionSaid(a onboarding.Application) i18n.Message {
	if a.Region == "" {
		return i18n.M("admin.application.unsaid")
	}
	return regionWord(support.Region(a.Region))
}

func helpSaid(a onboarding.Application) i18n.Message {
	if len(a.Help) == 0 {
		return i18n.M("admin.application.unsaid")
	}
	return listWords(a.Help, func(k string) i18n.Message { return kindShort(support.Kind(k)) })
}

// asker lists the facts that tell who asks, and whether they have asked before; of what is forgotten only since when it is.
func asker(page render.Page, d onboarding.Dossier) []render.Fact {
	a := d.Application
	if !a.ForgottenAt.IsZero() {
		return []render.Fact{{Label: i18n.M("admin.application.forgotten"), Value: i18n.M("admin.at", "At", a.ForgottenAt)}}
	}
	facts := []render.Fact{
		{Label: i18n.M("admin.application.contact"), Value: i18n.Raw(a.LeadName)},
		{Label: i18n.M("admin.application.address"), Value: i18n.Raw(a.LeadEmail), URL: "mailto:" + a.LeadEmail},
	}
	for _, e := range d.Earlier {
		facts = append(facts, render.Fact{
			Label: i18n.M("admin.application.earlier"), URL: page.Href(applicationPath(e.PublicID)),
			Value: i18n.M("admin.application.earlier-value", "State", applicationTag(e.State, false).Text, "At", e.At),
		})
	}
	return append(facts, render.Fact{Label: i18n.M("admin.application.slug"), Value: i18n.Raw(a.Slug)})
}

func (s *Server) reopenApplication(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	id := mux.Vars(r)["id"]
	err := s.opts.Onboarding.Reopen(r.Context(), id, typed(r, onboarding.FieldSlug), s.person(r))
	p, refused := refusal(err)
	switch {
	case err == nil:
		return s.done(w, r, applicationPath(id), i18n.M("admin.flash.reopened"))
	case refused && p.Key == "problem.application_moved":
		return s.redirect(w, r, applicationPath(id)) // a second click, or somebody else: the page tells
	case refused && (p.Code == problem.Invalid || p.Code == problem.Conflict):
		return s.applicationPage(w, r, statusOf(p.Code), p)
	}
	return err
}
