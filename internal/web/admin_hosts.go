package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

func hostPath(name string) string { return pathAdminHosts + "/" + url.PathEscape(name) }

// hostsView is the list of hosts.
type hostsView struct {
	render.Page
	Header render.Header
	Rows   []hostLine
	Empty  render.Empty
}

type hostLine struct {
	Name      string
	URL       string
	Public    string
	Health    render.Tag
	Since     i18n.Message // of the health, unless it is well
	Lifecycle render.Tag
	Fill      i18n.Message
	Version   string
	Suites    i18n.Message
	Warnings  int
}

func (s *Server) hostLine(page render.Page, h provisioning.Host) hostLine {
	line := hostLine{
		Name: h.Name, URL: page.Href(hostPath(h.Name)), Public: h.PublicURL, Version: h.Version, Suites: suiteWords(h.Suites),
		Health: render.StateTag("health", string(h.Health)), Lifecycle: render.StateTag("host", string(h.Lifecycle)),
		Fill: i18n.M("admin.hosts.fill-of", "Spaces", h.Spaces, "Capacity", h.Capacity), Warnings: len(h.Warnings),
	}
	if h.Health != provisioning.Healthy {
		line.Since = i18n.M("admin.hosts.since", "Since", s.since(h.HealthSince))
	}
	return line
}

func (s *Server) showHosts(w http.ResponseWriter, r *http.Request) error {
	hosts, err := s.opts.Provisioning.Hosts(r.Context())
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("admin.hosts.title"))
	view := hostsView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("admin.hosts.lead")},
		Empty: render.Empty{Drawing: "empty-nest", Title: i18n.M("admin.desk.no-hosts"), Body: i18n.M("admin.desk.no-hosts-body")},
	}
	for _, h := range hosts {
		view.Rows = append(view.Rows, s.hostLine(page, h))
	}
	return s.show(w, r, http.StatusOK, "admin/hosts", view)
}

// hostView is one host: how it does, what is to be seen to, and what can be done.
type hostView struct {
	render.Page
	Header   render.Header
	Host     provisioning.Host
	Notice   *render.Notice
	Facts    []render.Fact
	Todo     []advice
	Report   []findingLine // what a check has just found, nil without one
	Verdict  *render.Notice
	Mine     bool
	Draining bool
	Open     bool
	Self     string // the page's address, to which its forms add
	Spaces   string
	Password render.Field
	Wrong    bool // the password was refused: the form stays open
	Trail    []render.Event
}

type advice struct {
	What, Do i18n.Message
}

type findingLine struct {
	What, Do i18n.Message
	Tag      render.Tag
	Todo     bool
}

func (s *Server) showHost(w http.ResponseWriter, r *http.Request) error {
	return s.hostPage(w, r, http.StatusOK, nil, nil)
}

// host finds the host of the address.
func (s *Server) host(r *http.Request) (provisioning.Host, error) {
	hosts, err := s.opts.Provisioning.Hosts(r.Context())
	if err != nil {
		return provisioning.Host{}, err
	}
	for _, h := range hosts {
		if h.Name == mux.Vars(r)["name"] {
			return h, nil
		}
	}
	return provisioning.Host{}, problem.New(problem.NotFound, "problem.host_not_found")
}

// hostPage shows a host; with the report of a check that has just run, or with why a password was refused.
func (s *Server) hostPage(
	w http.ResponseWriter, r *http.Request, status int, report *provisioning.HostReport, refused *problem.Error,
) error {
	h, err := s.host(r)
	if err != nil {
		return err
	}
	trail, err := s.trail(r, trailOf{"host", h.ID})
	if err != nil {
		return err
	}
	page := s.page(r, i18n.Raw(h.Name))
	view := &hostView{
		Page: page, Host: h, Trail: trail, Mine: s.decides(r), Self: hostPath(h.Name), Facts: s.hostFacts(h), Password: passwordField(h),
		Draining: h.Lifecycle == provisioning.Draining, Open: h.Lifecycle == provisioning.Open,
		Spaces: page.Href(spacesURL(provisioning.SpaceFilter{HostID: h.ID})),
		Header: render.Header{
			Title: page.Title, Crumbs: crumbs(page, pathAdminHosts, "admin.nav.hosts"), Tag: new(render.StateTag("health", string(h.Health))),
			Lead: i18n.M("admin.host.lead", "Spaces", h.Spaces, "Capacity", h.Capacity, "URL", h.PublicURL),
		},
	}
	if h.Health == provisioning.Unauthorized {
		view.Notice = &render.Notice{Kind: render.Trouble, Title: i18n.M("admin.host.unauthorized"), Body: i18n.M("admin.host.unauthorized-body")}
	} else if h.Health != provisioning.Healthy {
		what, do := causeWords(provisioning.Cause(h.Health))
		view.Notice = &render.Notice{Kind: render.Waiting, Title: what, Body: do}
	}
	for _, warning := range h.Warnings {
		code, detail, _ := strings.Cut(warning, ":")
		what, do := checkWords(code, detail)
		view.Todo = append(view.Todo, advice{what, do})
	}
	if report != nil {
		view.tellReport(*report)
	}
	if refused != nil {
		if rest := mark(refused, &view.Password); len(rest) > 0 {
			view.Password.Error = rest[0]
		}
		view.Wrong, view.Errors = true, render.Summarise(view.Password)
	}
	return s.show(w, r, status, "admin/host", view)
}

func (v *hostView) tellReport(report provisioning.HostReport) {
	levels := []provisioning.Level{provisioning.LevelTrouble, provisioning.LevelWarning, provisioning.LevelFixed, provisioning.LevelOK}
	findings := slices.Clone(report.Findings) // what asks for somebody comes first
	slices.SortStableFunc(findings, func(a, b provisioning.Finding) int {
		return slices.Index(levels, a.Level) - slices.Index(levels, b.Level)
	})
	for _, f := range findings {
		what, do := checkWords(f.Code, f.Detail)
		todo := f.Level == provisioning.LevelWarning || f.Level == provisioning.LevelTrouble
		v.Report = append(v.Report, findingLine{What: what, Do: do, Tag: levelTag(f.Level), Todo: todo})
	}
	switch worst := report.Worst(); {
	case worst == provisioning.LevelOK:
		v.Verdict = &render.Notice{Kind: render.Done, Title: i18n.M("admin.host.report-ok")}
	case worst == provisioning.LevelFixed:
		v.Verdict = &render.Notice{Kind: render.Done, Title: i18n.M("admin.host.report-fixed")}
	case worst == provisioning.LevelWarning && len(report.Host.Suites) > 0: // every space is asked for with a suite
		v.Verdict = &render.Notice{Kind: render.Waiting, Title: i18n.M("admin.host.report-warning")}
	default:
		v.Verdict = &render.Notice{Kind: render.Trouble, Title: i18n.M("admin.host.report-trouble")}
	}
}

func (s *Server) hostFacts(h provisioning.Host) []render.Fact {
	kind := i18n.M("admin.host.shared")
	if !h.Shared {
		kind = i18n.M("admin.host.dedicated")
	}
	checked := i18n.M("admin.host.never")
	if !h.CheckedAt.IsZero() {
		checked = s.ago(h.CheckedAt)
	}
	facts := []render.Fact{
		{Label: i18n.M("admin.host.lifecycle"), Value: render.StateTag("host", string(h.Lifecycle)).Text},
		{Label: i18n.M("admin.host.version"), Value: i18n.Raw(h.Version)},
		{Label: i18n.M("admin.host.suites"), Value: suiteWords(h.Suites)},
		{Label: i18n.M("admin.host.url"), Value: i18n.Raw(h.PublicURL), URL: h.PublicURL},
	}
	if h.BaseURL != h.PublicURL {
		facts = append(facts, render.Fact{Label: i18n.M("admin.host.base"), Value: i18n.Raw(h.BaseURL)})
	}
	facts = append(facts,
		render.Fact{Label: i18n.M("admin.host.user"), Value: i18n.Raw(h.ServiceUser)},
		render.Fact{Label: i18n.M("admin.host.kind"), Value: kind},
		render.Fact{Label: i18n.M("admin.host.concurrency"), Value: i18n.M("admin.number", "Count", h.Concurrency)},
		render.Fact{Label: i18n.M("admin.host.checked"), Value: checked},
	)
	if h.PausedUntil.After(s.opts.Now()) {
		facts = append(facts, render.Fact{Label: i18n.M("admin.host.paused"), Value: i18n.M("admin.at", "At", h.PausedUntil)})
	}
	return facts
}

// checkHost looks at the host while the visitor waits. It answers with the report itself: there is nowhere to read it again.
func (s *Server) checkHost(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	report, err := s.opts.Provisioning.CheckHost(r.Context(), mux.Vars(r)["name"], s.person(r).ID, typed(r, "fix") != "")
	if err != nil {
		return err
	}
	return s.hostPage(w, r, http.StatusOK, &report, nil)
}

func (s *Server) drainHost(w http.ResponseWriter, r *http.Request) error {
	name := mux.Vars(r)["name"]
	if err := s.opts.Provisioning.DrainHost(r.Context(), name, s.person(r).ID); err != nil {
		return err
	}
	return s.done(w, r, hostPath(name), i18n.M("admin.flash.drained"))
}

func (s *Server) reopenHost(w http.ResponseWriter, r *http.Request) error {
	name := mux.Vars(r)["name"]
	if err := s.opts.Provisioning.ReopenHost(r.Context(), name, s.person(r).ID); err != nil {
		return err
	}
	return s.done(w, r, hostPath(name), i18n.M("admin.flash.reopened-host"))
}

// mendHost takes a new password of the service account, from the page of the host or from the one of the failures. The
// password is tried as it was typed: spaces may belong to it.
func (s *Server) mendHost(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	h, err := s.host(r)
	if err != nil {
		return err
	}
	back := r.URL.Query().Get("retour") == "pannes"
	err = s.opts.Provisioning.MendHost(r.Context(), h.ID, s.person(r).ID, r.PostFormValue("password"))
	p, refused := refusal(err)
	switch {
	case err == nil && back:
		return s.done(w, r, pathAdminFailures, i18n.M("admin.flash.mended"))
	case err == nil:
		return s.done(w, r, hostPath(h.Name), i18n.M("admin.flash.mended"))
	case refused && (p.Code == problem.Invalid || p.Code == problem.Unavailable) && back:
		return s.failuresPage(w, r, statusOf(p.Code), h.ID, p)
	case refused && (p.Code == problem.Invalid || p.Code == problem.Unavailable):
		return s.hostPage(w, r, statusOf(p.Code), nil, p)
	}
	return err
}
