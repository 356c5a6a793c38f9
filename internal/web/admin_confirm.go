package web

import (
	"net/http"
	"slices"
	"strings"

	"nichoir/internal/i18n"
	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// confirmView shows what a decision would do, before it is taken.
type confirmView struct {
	render.Page
	Header   render.Header
	Notices  []render.Notice
	Decision onboarding.Decision
	Refuse   bool
	Chosen   []chosenRow // that the decision suits
	Room     []roomLine
	Capacity []i18n.Message
	Models   []render.Choice // texts to begin with, by the name of the button
	Reason   render.Field
	Silent   render.Field
	Decides  bool
	Button   i18n.Message
	Again    string // where this page is asked for anew
	Action   string
	Back     string
}

// chosenRow is an application with its suite in words.
type chosenRow struct {
	onboarding.Application
	Said i18n.Message
}

// roomLine compares what is asked for with what the hosts can take.
type roomLine struct {
	Kind render.Kind
	Text i18n.Message
}

// selection is what the review list and the confirmation page post.
type selection struct {
	decision onboarding.Decision
	ids      []string
	reason   string
	silent   bool
	model    string // whose text is asked for
}

func readSelection(r *http.Request) (selection, error) {
	if err := parse(r); err != nil {
		return selection{}, err
	}
	sel := selection{
		decision: onboarding.Decision(r.PostFormValue("decision")), reason: typed(r, "reason"),
		silent: r.PostFormValue("silent") != "", model: r.PostFormValue("modele"),
	}
	for _, id := range r.PostForm["id"] {
		if id != "" && !slices.Contains(sel.ids, id) {
			sel.ids = append(sel.ids, id)
		}
	}
	return sel, nil
}

// models are the reasons one can begin with. The last one sends nothing.
func models() []string { return []string{"incomplete", "use", "duplicate", spamModel} }

const spamModel = "spam"

// showConfirm answers the review list. It changes nothing; it is a POST because a selection is too long for an address.
func (s *Server) showConfirm(w http.ResponseWriter, r *http.Request) error {
	sel, err := readSelection(r)
	if err != nil {
		return err
	}
	switch {
	case sel.model == spamModel:
		sel.reason, sel.silent = "", true
	case slices.Contains(models(), sel.model):
		lang := s.page(r, i18n.Message{}).Lang
		sel.reason = s.opts.Render.Locale(lang).T("admin.confirm.text." + sel.model)
		sel.silent = false
	}
	return s.confirmation(w, r, http.StatusOK, sel, nil)
}

// confirmation shows the page; refused is why a decision was not taken.
func (s *Server) confirmation(w http.ResponseWriter, r *http.Request, status int, sel selection, refused *problem.Error) error {
	if sel.decision != onboarding.Approve && sel.decision != onboarding.Reject {
		return problem.New(problem.Invalid, "problem.decision_unknown")
	}
	chosen, aside, err := s.sort(r, sel)
	if err != nil {
		return err
	}
	if len(chosen) == 0 {
		return s.showNoneChosen(w, r, aside)
	}
	view, err := s.confirmView(r, sel, chosen)
	if err != nil {
		return err
	}
	switch {
	case refused != nil && refused.Code == problem.Conflict:
		view.Notices = append(view.Notices, render.Notice{
			Kind: render.Trouble, Title: i18n.M("admin.confirm.moved-title"), Body: i18n.M("admin.confirm.moved-body", "Names", names(aside)),
		})
	case len(aside) > 0:
		view.Notices = append(view.Notices, render.Notice{
			Kind: render.Info, Title: i18n.M("admin.confirm.aside-title", "Count", len(aside)),
			Body: i18n.M("admin.confirm.aside-body", "Count", len(aside), "Names", names(aside)),
		})
	}
	if refused != nil && refused.Code == problem.Invalid {
		view.Errors = summarise(mark(refused, &view.Reason), &view.Reason)
	}
	return s.show(w, r, status, "admin/confirm", view)
}

// sort reads the chosen applications anew and sets aside those that the decision does not suit any more.
func (s *Server) sort(r *http.Request, sel selection) (chosen, aside []onboarding.Application, err error) {
	for _, id := range sel.ids {
		st, err := s.opts.Onboarding.Status(r.Context(), id)
		if problem.Is(err, problem.NotFound) {
			continue // an address that somebody made up
		}
		if err != nil {
			return nil, nil, err
		}
		if a := st.Application; a.BatchID == 0 && decidable(sel.decision, a.State) {
			chosen = append(chosen, a)
		} else {
			aside = append(aside, a)
		}
	}
	return chosen, aside, nil
}

func (s *Server) showNoneChosen(w http.ResponseWriter, r *http.Request, aside []onboarding.Application) error {
	page := s.page(r, i18n.M("admin.confirm.none-title"))
	body := i18n.M("admin.confirm.none-body")
	status := http.StatusUnprocessableEntity
	if len(aside) > 0 {
		page.Title = i18n.M("admin.confirm.all-aside")
		body = i18n.M("admin.confirm.all-aside-body", "Names", names(aside))
		status = http.StatusConflict
	}
	return s.show(w, r, status, render.MessagePage, render.MessageView{
		Page: page, Drawing: "nest-box", Body: []i18n.Message{body},
		Action: render.Link{URL: page.Href(pathAdminApplications), Text: i18n.M("admin.confirm.back")},
	})
}

func (s *Server) confirmView(r *http.Request, sel selection, chosen []onboarding.Application) (*confirmView, error) {
	n := len(chosen)
	page := s.page(r, i18n.M("admin.confirm.approve-title", "Count", n))
	v := &confirmView{
		Page: page, Decision: sel.decision, Refuse: sel.decision == onboarding.Reject, Decides: s.decides(r),
		Header: render.Header{Title: page.Title, Lead: i18n.M("admin.confirm.approve-lead"),
			Crumbs: crumbs(page, pathAdminApplications, "admin.nav.applications")},
		Button: i18n.M("admin.confirm.decide-approve", "Count", n), Action: page.Href(pathAdminBatches),
		Again: page.Href(pathAdminBatches + "/nouveau"), Back: page.Href(pathAdminApplications),
	}
	for _, a := range chosen {
		v.Chosen = append(v.Chosen, chosenRow{a, suiteName(a.Suite)})
	}
	var err error
	if !v.Refuse {
		if v.Room, err = s.room(r, chosen); err != nil {
			return nil, err
		}
		v.Capacity, err = s.capacity(r, chosen)
		return v, err
	}
	v.Title = i18n.M("admin.confirm.refuse-title", "Count", n)
	v.Header.Title, v.Header.Lead = v.Title, i18n.M("admin.confirm.refuse-lead")
	v.Button = i18n.M("admin.confirm.decide-refuse", "Count", n)
	v.Reason = render.Field{
		Name: "reason", Label: i18n.M("admin.confirm.reason"), Hint: i18n.M("admin.confirm.reason-hint"), Value: sel.reason,
		Optional: sel.silent, MaxLength: 2000, Rows: 6,
	}
	if others := otherLang(chosen, page.Lang); others > 0 {
		v.Reason.Hint = i18n.M("admin.confirm.reason-langs", "Count", others)
	}
	v.Silent = render.Field{Name: "silent", Label: i18n.M("admin.confirm.silent"), Optional: true, Checked: sel.silent}
	for _, model := range models() {
		v.Models = append(v.Models, render.Choice{Value: model, Label: i18n.M("admin.confirm.model." + model)})
	}
	return v, nil
}

// room compares, for each suite, the spaces to be made with the free places of the hosts that take spaces now.
func (s *Server) room(r *http.Request, chosen []onboarding.Application) ([]roomLine, error) {
	hosts, err := s.opts.Provisioning.Hosts(r.Context())
	if err != nil {
		return nil, err
	}
	var out []roomLine
	for _, suite := range []provisioning.Suite{provisioning.Collabora, provisioning.OnlyOffice} {
		asked, free := 0, 0
		for _, a := range chosen {
			if a.Suite == suite {
				asked++
			}
		}
		for _, h := range hosts {
			if takes(h, suite) {
				free += max(0, h.Capacity-h.Spaces)
			}
		}
		switch {
		case asked == 0:
		case asked > free:
			out = append(out, roomLine{render.Waiting, i18n.M("admin.confirm.room-short", "Suite", suiteName(suite), "Asked", asked, "Free", free)})
		default:
			out = append(out, roomLine{render.Done, i18n.M("admin.confirm.room-enough", "Suite", suiteName(suite), "Asked", asked, "Free", free)})
		}
	}
	return out, nil
}

// takes reports whether placement may choose the host for the suite now.
func takes(h provisioning.Host, suite provisioning.Suite) bool {
	return h.Lifecycle == provisioning.Open && h.Health == provisioning.Healthy && slices.Contains(h.Suites, suite) &&
		(!h.Shared || h.Isolated && h.Silent)
}

// capacity reminds of the campaigns that the applications belong to.
func (s *Server) capacity(r *http.Request, chosen []onboarding.Application) ([]i18n.Message, error) {
	campaigns, err := s.opts.Onboarding.Campaigns(r.Context())
	if err != nil {
		return nil, err
	}
	var out []i18n.Message
	for _, c := range campaigns {
		if slices.ContainsFunc(chosen, func(a onboarding.Application) bool { return a.CampaignID == c.ID }) {
			out = append(out, i18n.M("admin.confirm.capacity", "Name", c.Name, "Capacity", c.Capacity))
		}
	}
	return out, nil
}

func otherLang(chosen []onboarding.Application, lang string) int {
	n := 0
	for _, a := range chosen {
		if a.Lang != lang {
			n++
		}
	}
	return n
}

// names lists associations in a sentence.
func names(applications []onboarding.Application) string {
	out := make([]string, 0, len(applications))
	for _, a := range applications {
		out = append(out, a.Association)
	}
	return strings.Join(out, ", ")
}

// createBatch takes the decision, or prepares it for somebody who may.
func (s *Server) createBatch(w http.ResponseWriter, r *http.Request) error {
	sel, err := readSelection(r)
	if err != nil {
		return err
	}
	take := s.opts.Onboarding.DecideBatch
	if r.PostFormValue("prepare") != "" {
		take = s.opts.Onboarding.OpenBatch
	}
	b, err := take(r.Context(), s.person(r), onboarding.Selection{
		Decision: sel.decision, IDs: sel.ids, Reason: sel.reason, Notify: !sel.silent,
	})
	p, refused := refusal(err)
	switch {
	case err == nil:
		return s.redirect(w, r, batchPath(b.ID))
	case refused && p.Code == problem.Conflict:
		if id, ok := s.decidedAlready(r, sel); ok {
			return s.redirect(w, r, batchPath(id)) // a second click
		}
		return s.confirmation(w, r, http.StatusConflict, sel, p)
	case refused && p.Code == problem.Invalid:
		return s.confirmation(w, r, http.StatusUnprocessableEntity, sel, p)
	}
	return err
}

// decidedAlready finds the batch that the same click has made: one of exactly these applications and this decision.
func (s *Server) decidedAlready(r *http.Request, sel selection) (int64, bool) {
	if len(sel.ids) == 0 {
		return 0, false
	}
	st, err := s.opts.Onboarding.Status(r.Context(), sel.ids[0])
	if err != nil || st.Application.BatchID == 0 {
		return 0, false
	}
	b, members, err := s.opts.Onboarding.Batch(r.Context(), st.Application.BatchID, s.person(r))
	if err != nil || b.Decision != sel.decision || len(members) != len(sel.ids) {
		return 0, false
	}
	for _, m := range members {
		if !slices.Contains(sel.ids, m.PublicID) {
			return 0, false
		}
	}
	return b.ID, true
}
