package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// reviewView is the list of applications, from which rows are chosen.
type reviewView struct {
	render.Page
	Header   render.Header
	States   []figure
	Search   render.Field
	Campaign render.Field
	Several  bool // campaigns, to choose among
	Suite    render.Field
	Sort     render.Field
	Asked    reviewLink
	Action   string // of the filters
	Clear    string // the same list without filters, "" when there are none
	Caption  i18n.Message
	Rows     []reviewRow
	Choose   string // where the chosen ones are sent
	Some     bool   // a row can be chosen
	Empty    render.Empty
	Pages    render.Pagination
}

type reviewRow struct {
	onboarding.Row
	URL     string
	Choice  bool
	Tag     render.Tag
	Suite   i18n.Message
	Trouble i18n.Message
	Batch   render.Link
}

// allStates is the value of "etat" that shows every state; without the value the list shows what waits for a decision.
const allStates = "toutes"

// reviewLink is what the address of the list says.
type reviewLink struct {
	State    onboarding.State
	All      bool // every state
	Campaign int64
	Suite    provisioning.Suite
	Query    string
	Newest   bool
	Cursor   string
}

// readReviewLink reads the address; what makes no sense in it does not filter.
func readReviewLink(q url.Values) reviewLink {
	l := reviewLink{
		State: onboarding.Submitted, Query: q.Get("q"), Newest: q.Get("ordre") == "recentes", Cursor: q.Get("page"),
	}
	switch asked := onboarding.State(q.Get("etat")); {
	case asked == allStates:
		l.State, l.All = "", true
	case knownState(asked):
		l.State = asked
	}
	if suite := provisioning.Suite(q.Get("suite")); suite == provisioning.Collabora || suite == provisioning.OnlyOffice {
		l.Suite = suite
	}
	if id, err := strconv.ParseInt(q.Get("campagne"), 10, 64); err == nil {
		l.Campaign = id
	}
	return l
}

func knownState(st onboarding.State) bool { return slices.Contains(onboarding.States(), st) }

// StateValue is the state as the address says it.
func (l reviewLink) StateValue() string {
	if l.All {
		return allStates
	}
	return string(l.State)
}

// filtered reports whether more than the state narrows the list.
func (l reviewLink) filtered() bool { return l.Campaign != 0 || l.Suite != "" || l.Query != "" }

func (l reviewLink) url() string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("etat", l.StateValue())
	set("suite", string(l.Suite))
	set("q", l.Query)
	set("page", l.Cursor)
	if l.Campaign != 0 {
		q.Set("campagne", strconv.FormatInt(l.Campaign, 10))
	}
	if l.Newest {
		q.Set("ordre", "recentes")
	}
	if len(q) == 0 {
		return pathAdminApplications
	}
	return pathAdminApplications + "?" + q.Encode()
}

func (l reviewLink) filter() onboarding.Filter {
	f := onboarding.Filter{State: l.State, Campaign: l.Campaign, Suite: l.Suite, Query: l.Query, Cursor: l.Cursor, Sort: onboarding.Oldest}
	if l.Newest {
		f.Sort = onboarding.Newest
	}
	return f
}

func (l reviewLink) at(cursor string) string {
	if cursor == "" {
		return ""
	}
	l.Cursor = cursor
	return l.url()
}

// stateWord is what the applications in a state are called together.
func stateWord(st onboarding.State) i18n.Message {
	return i18n.Message{Key: "admin.review.many." + string(st)}
}

func (s *Server) showReview(w http.ResponseWriter, r *http.Request) error {
	asked := readReviewLink(r.URL.Query())
	view, err := s.reviewView(r, asked)
	if err != nil {
		return err
	}
	list, err := s.opts.Onboarding.Review(r.Context(), s.person(r), asked.filter())
	p, refused := refusal(err)
	switch {
	case refused && p.Code == problem.Invalid && asked.Cursor != "":
		asked.Cursor = ""
		return s.redirect(w, r, asked.url()) // a page of a list that was different
	case refused && p.Code == problem.Invalid:
		if rest := mark(p, &view.Search); len(rest) > 0 {
			view.Search.Error = rest[0]
		}
		for _, f := range p.Fields {
			if f.Name == "query" {
				view.Search.Error = said(f.Key, f.Args)
			}
		}
		view.Errors = render.Summarise(view.Search)
		return s.show(w, r, http.StatusUnprocessableEntity, "admin/review", view)
	case err != nil:
		return err
	}
	view.fill(asked, list)
	return s.show(w, r, http.StatusOK, "admin/review", view)
}

// reviewView is the list without its rows.
func (s *Server) reviewView(r *http.Request, asked reviewLink) (*reviewView, error) {
	campaigns, err := s.opts.Onboarding.Campaigns(r.Context())
	if err != nil {
		return nil, err
	}
	page := s.page(r, i18n.M("admin.review.title"))
	view := &reviewView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("admin.review.lead")}, Asked: asked,
		Action: page.Href(pathAdminApplications), Choose: page.Href(pathAdminBatches + "/nouveau"),
		Search: render.Field{
			Name: "q", Label: i18n.M("admin.review.search"), Hint: i18n.M("admin.review.search-hint"), Value: asked.Query,
			Type: "search", Optional: true, NoSpell: true,
		},
		Campaign: render.Field{
			Name: "campagne", Label: i18n.M("admin.review.campaign"), Value: strconv.FormatInt(asked.Campaign, 10),
			Choices: []render.Choice{{Value: "0", Label: i18n.M("admin.review.any-campaign")}}, Optional: true,
		},
		Suite: render.Field{
			Name: "suite", Label: i18n.M("admin.review.suite"), Value: string(asked.Suite), Optional: true,
			Choices: []render.Choice{
				{Value: "", Label: i18n.M("admin.review.any-suite")},
				{Value: string(provisioning.Collabora), Label: suiteName(provisioning.Collabora)},
				{Value: string(provisioning.OnlyOffice), Label: suiteName(provisioning.OnlyOffice)},
			},
		},
		Sort: render.Field{
			Name: "ordre", Label: i18n.M("admin.review.sort"), Optional: true,
			Choices: []render.Choice{
				{Value: "", Label: i18n.M("admin.review.oldest")}, {Value: "recentes", Label: i18n.M("admin.review.newest")},
			},
		},
	}
	view.Several = len(campaigns) > 1
	if asked.Newest {
		view.Sort.Value = "recentes"
	}
	if asked.filtered() {
		view.Clear = page.Href(reviewLink{State: asked.State, All: asked.All, Newest: asked.Newest}.url())
	}
	for _, c := range campaigns {
		view.Campaign.Choices = append(view.Campaign.Choices, render.Choice{Value: strconv.FormatInt(c.ID, 10), Label: i18n.Raw(c.Name)})
	}
	return view, nil
}

// fill puts a page of the list into the view.
func (v *reviewView) fill(asked reviewLink, list onboarding.Page) {
	v.States = v.stateFigures(asked, list)
	v.Caption = i18n.M("admin.review.caption", "State", i18n.M("admin.review.all"))
	if asked.State != "" {
		v.Caption = i18n.M("admin.review.caption", "State", stateWord(asked.State))
	}
	for _, row := range list.Rows {
		v.Rows = append(v.Rows, v.row(row))
		v.Some = v.Some || v.Rows[len(v.Rows)-1].Choice
	}
	v.Empty = render.Empty{Drawing: "empty-nest", Title: i18n.M("admin.review.empty"), Body: i18n.M("admin.review.empty-filtered")}
	if asked.State == onboarding.Submitted && !asked.filtered() {
		v.Empty.Drawing, v.Empty.Body = "ducks", i18n.M("admin.review.empty-submitted")
	}
	v.Pages = render.Pagination{Summary: i18n.M("admin.review.per-page", "Count", len(list.Rows))}
	if to := asked.at(list.Prev); to != "" {
		v.Pages.Previous = v.Href(to)
	}
	if to := asked.at(list.Next); to != "" {
		v.Pages.Next = v.Href(to)
	}
}

// stateFigures are the links to the same list in each state, with the numbers.
func (v *reviewView) stateFigures(asked reviewLink, list onboarding.Page) []figure {
	count := func(n int) i18n.Message {
		if list.Capped {
			return i18n.M("admin.review.capped", "Count", n)
		}
		return i18n.M("admin.number", "Count", n)
	}
	asked.Cursor = ""
	var out []figure
	for _, st := range onboarding.States() {
		if list.Counts[st] == 0 && st != asked.State && st != onboarding.Submitted {
			continue // nothing to see there
		}
		link := asked
		link.State, link.All = st, false
		out = append(out, figure{URL: v.Href(link.url()), Count: count(list.Counts[st]), Label: stateWord(st), Current: asked.State == st})
	}
	link := asked
	link.State, link.All = "", true
	return append(out, figure{URL: v.Href(link.url()), Count: count(list.Total), Label: i18n.M("admin.review.all"), Current: asked.All})
}

func (v *reviewView) row(row onboarding.Row) reviewRow {
	out := reviewRow{
		Row: row, URL: v.Href(applicationPath(row.PublicID)), Suite: suiteName(row.Suite),
		Tag:    applicationTag(row.State, row.BeingDecided),
		Choice: row.BatchID == 0 && (decidable(onboarding.Approve, row.State) || decidable(onboarding.Reject, row.State)),
	}
	if row.MailTrouble != "" {
		out.Trouble = i18n.M("admin.review.mail-trouble", "Code", row.MailTrouble)
	}
	if row.BatchID != 0 {
		out.Batch = render.Link{URL: v.Href(batchPath(row.BatchID)), Text: i18n.M("admin.review.in-batch", "Number", row.BatchID)}
	}
	return out
}

// Received is the time for the cell, which may be told shortly.
func (row reviewRow) Received() time.Time { return row.ReceivedAt }

func applicationTag(st onboarding.State, deciding bool) render.Tag {
	if deciding {
		return render.StateTag("application", "deciding")
	}
	return render.StateTag("application", string(st))
}

func applicationPath(publicID string) string {
	return pathAdminApplications + "/" + url.PathEscape(publicID)
}

func batchPath(id int64) string { return pathAdminBatches + "/" + strconv.FormatInt(id, 10) }

// decidable reports whether the decision can be taken about an application in that state.
func decidable(d onboarding.Decision, st onboarding.State) bool {
	switch st {
	case onboarding.Submitted:
		return true
	case onboarding.ChangesRequested, onboarding.Waitlisted:
		return d == onboarding.Reject
	default:
		return false
	}
}
