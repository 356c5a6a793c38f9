package web

import (
	"net/http"
	"slices"
	"strconv"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// failuresView groups what waits for a person: one sheet a host and cause.
type failuresView struct {
	render.Page
	Header render.Header
	Groups []failureGroup
	Mine   bool // who is at the desk may mend
	Empty  render.Empty
	Retry  string
}

type failureGroup struct {
	provisioning.FailureGroup
	What, Do i18n.Message
	Host     i18n.Message
	HostURL  string
	Since    i18n.Message
	Kind     render.Kind
	Spaces   []failedSpace
	More     int    // spaces that are not listed
	Mend     string // where a new password is given, "" when that is not what lacks
	Password render.Field
	Again    bool // somebody can let it go on
}

type failedSpace struct {
	Name string
	URL  string
	Step i18n.Message
}

func (s *Server) showFailures(w http.ResponseWriter, r *http.Request) error {
	return s.failuresPage(w, r, http.StatusOK, 0, nil)
}

// failuresPage shows the failures; refused is why the host of that id was not mended.
func (s *Server) failuresPage(w http.ResponseWriter, r *http.Request, status int, hostID int64, refused *problem.Error) error {
	groups, err := s.opts.Provisioning.Failures(r.Context())
	if err != nil {
		return err
	}
	hosts, err := s.opts.Provisioning.Hosts(r.Context())
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("admin.failures.title"))
	view := &failuresView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("admin.failures.lead")}, Mine: s.decides(r),
		Empty: render.Empty{Drawing: "ducks", Title: i18n.M("admin.failures.empty"), Body: i18n.M("admin.failures.empty-body")},
		Retry: page.Href(pathAdminFailures + "/reprendre"),
	}
	for _, g := range groups {
		group := s.failureGroup(page, g)
		if g.Cause == provisioning.CauseUnauthorized {
			group.mend(page, hosts)
		}
		if g.Cause == provisioning.CauseNoHost && slices.ContainsFunc(hosts, refusesUs) {
			group.Do = i18n.M("admin.failures.mend-first")
		}
		if refused != nil && g.HostID == hostID && group.Mend != "" {
			if rest := mark(refused, &group.Password); len(rest) > 0 {
				group.Password.Error = rest[0]
			}
			view.Errors = render.Summarise(group.Password)
		}
		view.Groups = append(view.Groups, group)
	}
	return s.show(w, r, status, "admin/failures", view)
}

func (s *Server) failureGroup(page render.Page, g provisioning.FailureGroup) failureGroup {
	out := failureGroup{
		FailureGroup: g, Host: i18n.M("admin.failures.no-host"), Since: i18n.M("admin.failures.since", "Since", s.since(g.Since)),
		Kind: render.Trouble, Again: g.Count > 0 && !heals(g.Cause) && g.Cause != provisioning.CauseUnauthorized,
		More: g.Count - len(g.Spaces),
	}
	out.What, out.Do = causeWords(g.Cause)
	if heals(g.Cause) {
		out.Kind = render.Waiting
	}
	if g.HostID != 0 {
		out.Host = i18n.M("admin.failures.on-host", "Host", g.HostName)
		out.HostURL = page.Href(hostPath(g.HostName))
	}
	for _, ref := range g.Spaces {
		line := failedSpace{Name: ref.Name, URL: page.Href(spacePath(ref.PublicID))}
		if ref.Step != "" {
			line.Step = i18n.M("admin.failures.step", "Step", stepName(ref.Step))
		}
		out.Spaces = append(out.Spaces, line)
	}
	return out
}

func refusesUs(h provisioning.Host) bool { return h.Health == provisioning.Unauthorized }

// mend offers to give the host's service account another password.
func (g *failureGroup) mend(page render.Page, hosts []provisioning.Host) {
	for _, h := range hosts {
		if h.ID == g.HostID {
			g.Mend = page.Href(hostPath(h.Name) + "/mot-de-passe?retour=pannes")
			g.Password = passwordField(h)
		}
	}
}

// passwordField is named by its host: one page may ask for the passwords of several.
func passwordField(h provisioning.Host) render.Field {
	return render.Field{
		Name: "password", Label: i18n.M("admin.failures.password", "User", h.ServiceUser), Hint: i18n.M("admin.failures.password-hint"),
		Type: "password", Autocomplete: "off", NoSpell: true, MaxLength: 500,
	}
}

func (s *Server) retryFailures(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	hostID, err := strconv.ParseInt(typed(r, "host"), 10, 64)
	if err != nil {
		return problem.New(problem.NotFound, "problem.host_not_found")
	}
	n, err := s.opts.Provisioning.RetryAll(r.Context(), hostID, provisioning.Cause(typed(r, "cause")), s.person(r).ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return s.done(w, r, pathAdminFailures, i18n.M("admin.flash.retried-none"))
	}
	return s.done(w, r, pathAdminFailures, i18n.M("admin.flash.retried-all", "Count", n))
}
