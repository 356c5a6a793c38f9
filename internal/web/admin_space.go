package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// deskSpaceView is one space: what stands in its way, how it is made, who is in it, and the way to close it.
type deskSpaceView struct {
	render.Page
	Header  render.Header
	Notice  *render.Notice
	Codes   []render.Fact // of what stands in the way
	Retry   string        // where it is told to go on, "" when nothing stops it
	Making  []stepLine
	Made    bool       // and in use: how it was made is history
	Closing []stepLine // nil unless it is being closed
	Members []accountRow
	Seats   render.Seats
	Others  []stepLine // operations on accounts
	Gauge   *render.Gauge
	ReadAt  i18n.Message
	Drift   i18n.Message
	Facts   []render.Fact
	Trail   []render.Event
	Confirm *render.Confirm
	Aid     *deskAid // nil before it was ready once
	Watch   string   // the address to look at again by itself, "" when nothing will change
}

// stepLine is one step as the timeline shows it.
type stepLine struct {
	Name    i18n.Message
	Kind    render.Kind
	Tag     render.Tag
	Note    i18n.Message // how often it failed
	At      time.Time
	Took    time.Duration
	Current bool
}

type accountRow struct {
	provisioning.Account
	Tag     render.Tag
	Role    i18n.Message
	Login   i18n.Message
	Trouble i18n.Message
	Pending bool
}

func (s *Server) readSpace(w http.ResponseWriter, r *http.Request) error {
	return s.spacePage(w, r, http.StatusOK, nil)
}

// spacePage shows a space; refused is why it was not closed.
func (s *Server) spacePage(w http.ResponseWriter, r *http.Request, status int, refused *problem.Error) error {
	v, err := s.opts.Provisioning.View(r.Context(), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	space := v.Space
	a, err := s.opts.Onboarding.Application(r.Context(), space.ApplicationID)
	if err != nil {
		return err
	}
	page := s.page(r, i18n.Raw(space.Name))
	lead := i18n.M("admin.space.no-host")
	if v.Host.ID != 0 {
		lead = i18n.M("admin.space.on-host", "Host", v.Host.Name, "Suite", suiteName(space.Suite))
	}
	view := &deskSpaceView{
		Page: page, Seats: render.Seats{Taken: v.Seats(), Total: space.Plan.Accounts}, Trail: spaceTrail(v.Trail),
		Header: render.Header{
			Title: page.Title, Lead: lead, Crumbs: crumbs(page, pathAdminSpaces, "admin.nav.spaces"),
			Tag: new(spaceTag(space.State, space.Blocked != nil)),
		},
		Making: making(v), Made: !space.ActiveAt.IsZero() && space.Blocked == nil, Others: accountSteps(v), Facts: append(spaceFacts(page, v), render.Fact{
			Label: i18n.M("admin.space.application"), Value: i18n.M("admin.space.see-application"), URL: page.Href(applicationPath(a.PublicID)),
		}),
	}
	s.tellSpace(view, v)
	s.tellReading(view, v)
	if err := s.tellSupport(r, view, space); err != nil {
		return err
	}
	for _, a := range v.Accounts {
		view.Members = append(view.Members, accountLine(a))
	}
	if space.State == provisioning.Deleting || space.State == provisioning.Closed {
		view.Closing = closing(v)
	} else if s.decides(r) {
		view.Confirm = closeForm(page, space, typed(r, "name"), refused)
		if refused != nil {
			view.Errors = render.Summarise(view.Confirm.Field)
		}
	}
	return s.show(w, r, status, "admin/space", view)
}

// tellSpace says what stands in the way or what is awaited.
func (s *Server) tellSpace(view *deskSpaceView, v provisioning.View) {
	space := v.Space
	working := space.State == provisioning.Queued || space.State == provisioning.Provisioning || space.State == provisioning.Deleting
	if working {
		view.Watch = view.Href(spacePath(space.PublicID))
	}
	switch {
	case space.Blocked != nil:
		what, do := causeWords(space.Blocked.Cause)
		view.Notice = &render.Notice{Kind: render.Trouble, Title: what, Body: do}
		if space.Blocked.Cause == provisioning.CauseUnauthorized {
			view.Notice.Action = render.Link{URL: view.Href(pathAdminFailures), Text: i18n.M("admin.desk.failures-link")}
		}
		view.Codes, view.Retry = s.codes(*space.Blocked), view.Href(spacePath(space.PublicID)+"/reprendre")
	case working && v.Host.ID != 0 && v.Host.Health != provisioning.Healthy:
		what, do := causeWords(provisioning.Cause(v.Host.Health))
		view.Notice = &render.Notice{Kind: render.Waiting, Title: what, Body: do,
			Action: render.Link{URL: view.Href(hostPath(v.Host.Name)), Text: i18n.M("admin.failures.see-host")}}
	case space.State == provisioning.Deleting:
		view.Notice = &render.Notice{Kind: render.Waiting, Title: i18n.M("admin.space.is-closing"), Body: i18n.M("admin.space.is-closing-body")}
	case space.State == provisioning.Closed:
		view.Notice = &render.Notice{Kind: render.Info, Title: i18n.M("admin.space.is-closed"), Body: i18n.M("admin.space.is-closed-body")}
	case working && v.NextTry > 0:
		view.Notice = &render.Notice{Kind: render.Waiting, Title: i18n.M("admin.space.next-try", "When", in(v.NextTry))}
	case working:
		view.Notice = &render.Notice{Kind: render.Info, Title: i18n.M("admin.space.next-now")}
	}
}

// codes are the details of what stands in the way, for those who look into the host's logs.
func (s *Server) codes(b provisioning.Blocked) []render.Fact {
	facts := []render.Fact{
		{Label: i18n.M("admin.space.codes-step"), Value: i18n.Raw(b.Step)},
		{Label: i18n.M("admin.space.codes-cause"), Value: i18n.Raw(string(b.Cause))},
		{Label: i18n.M("admin.space.codes-since"), Value: i18n.M("admin.at", "At", b.Since)},
	}
	if b.Call == "" {
		return append(facts, render.Fact{Label: i18n.M("admin.space.codes-call"), Value: i18n.M("admin.space.codes-none")})
	}
	facts = append(facts, render.Fact{Label: i18n.M("admin.space.codes-call"), Value: i18n.Raw(b.Call)})
	if b.HTTP != 0 {
		facts = append(facts, render.Fact{Label: i18n.M("admin.space.codes-http"), Value: i18n.Raw(strconv.Itoa(b.HTTP))})
	}
	if b.OCS != 0 {
		facts = append(facts, render.Fact{Label: i18n.M("admin.space.codes-ocs"), Value: i18n.Raw(strconv.Itoa(b.OCS))})
	}
	return facts
}

// tellReading shows what the host last told of the space's use.
func (s *Server) tellReading(view *deskSpaceView, v provisioning.View) {
	if v.Reading.At.IsZero() {
		view.ReadAt = i18n.M("admin.space.reading-none")
		return
	}
	view.Gauge = &render.Gauge{Label: i18n.M("admin.space.reading-label"), Used: v.Reading.UsedBytes, Total: v.Reading.QuotaBytes}
	view.ReadAt = i18n.M("admin.space.reading-at", "When", s.ago(v.Reading.At))
	made := 0
	for _, a := range v.Accounts {
		if a.Made {
			made++
		}
	}
	if v.Reading.Accounts != made {
		view.Drift = i18n.M("admin.space.reading-drift", "Theirs", v.Reading.Accounts, "Ours", made)
	}
}

func accountLine(a provisioning.Account) accountRow {
	row := accountRow{
		Account: a, Tag: render.StateTag("account", string(a.State)), Role: i18n.M("admin.space.role." + string(a.Role)),
		Login: i18n.M("admin.space.no-login"), Pending: a.Wanted != provisioning.WantNothing,
	}
	if a.Login != "" {
		row.Login = i18n.Raw(a.Login)
	}
	if a.MailTrouble != "" {
		row.Trouble = i18n.M("admin.review.mail-trouble", "Code", a.MailTrouble)
	}
	return row
}

func spaceFacts(page render.Page, v provisioning.View) []render.Fact {
	space := v.Space
	folder := i18n.M("admin.space.folder-none")
	if space.MountPoint != "" {
		folder = i18n.Raw(space.MountPoint)
	}
	facts := []render.Fact{
		{Label: i18n.M("admin.space.plan"), Value: i18n.M("admin.space.plan-value",
			"Total", i18n.Size(space.Plan.TotalBytes), "Accounts", space.Plan.Accounts)},
		{Label: i18n.M("admin.space.folder"), Value: folder},
		{Label: i18n.M("admin.space.group"), Value: i18n.Raw(space.GroupID())},
		{Label: i18n.M("admin.space.created"), Value: i18n.M("admin.at", "At", space.CreatedAt)},
	}
	if v.Host.ID != 0 {
		facts = append([]render.Fact{
			{Label: i18n.M("admin.space.address"), Value: i18n.Raw(v.Host.PublicURL), URL: v.Host.PublicURL},
			{Label: i18n.M("admin.hosts.name"), Value: i18n.Raw(v.Host.Name), URL: page.Href(hostPath(v.Host.Name))},
		}, facts...)
	}
	for _, moment := range []struct {
		key string
		at  time.Time
	}{{"admin.space.ready-at", space.ReadyAt}, {"admin.space.active-at", space.ActiveAt}} {
		if !moment.at.IsZero() {
			facts = append(facts, render.Fact{Label: i18n.M(moment.key), Value: i18n.M("admin.at", "At", moment.at)})
		}
	}
	return facts
}

func closeForm(page render.Page, space provisioning.Space, written string, refused *problem.Error) *render.Confirm {
	field := render.Field{Name: "name", Label: i18n.M("admin.space.danger-field"), Value: written, Autocomplete: "off", NoSpell: true}
	if refused != nil {
		if rest := mark(refused, &field); len(rest) > 0 {
			field.Error = rest[0]
		}
	}
	return &render.Confirm{
		Action: page.Href(spacePath(space.PublicID) + "/fermer"), Title: i18n.M("admin.space.danger"), Body: i18n.M("admin.space.danger-body"),
		Name: space.Name, Field: field, Button: i18n.M("admin.space.danger-button"),
		Cancel: render.Link{URL: page.Href(pathAdminSpaces), Text: i18n.M("admin.space.danger-cancel")},
	}
}

func (s *Server) retrySpace(w http.ResponseWriter, r *http.Request) error {
	id := mux.Vars(r)["id"]
	if err := s.opts.Provisioning.Retry(r.Context(), id, s.person(r).ID); err != nil {
		return err
	}
	return s.done(w, r, spacePath(id), i18n.M("admin.flash.retried"))
}

func (s *Server) closeSpace(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	id := mux.Vars(r)["id"]
	err := s.opts.Provisioning.Close(r.Context(), id, s.person(r).ID, typed(r, "name"))
	if p, ok := refusal(err); ok && p.Code == problem.Invalid {
		return s.spacePage(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, spacePath(id), i18n.M("admin.flash.closing"))
}
