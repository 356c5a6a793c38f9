package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"nichoir/internal/i18n"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// spaceListView is the list of spaces.
type spaceListView struct {
	render.Page
	Header render.Header
	Action string
	Clear  string // the list without filters, "" when there are none
	Search render.Field
	State  render.Field
	Host   render.Field
	Rows   []spaceListRow
	Empty  render.Empty
	Pages  render.Pagination
}

type spaceListRow struct {
	Name    string
	Slug    string
	URL     string
	Tag     render.Tag
	Host    i18n.Message
	HostURL string
	Seats   i18n.Message
	Gauge   *render.Gauge // nil until read
	Line    provisioning.SpaceLine
}

// spacesPerPage is how many spaces one page lists.
const spacesPerPage = 50

func spacePath(publicID string) string { return pathAdminSpaces + "/" + url.PathEscape(publicID) }

func spaceStates() []provisioning.State {
	return []provisioning.State{
		provisioning.Queued, provisioning.Provisioning, provisioning.Ready, provisioning.Active, provisioning.Suspended,
		provisioning.Closing, provisioning.Deleting, provisioning.Closed,
	}
}

// readSpaceFilter reads the address; what makes no sense in it does not filter.
func readSpaceFilter(q url.Values) provisioning.SpaceFilter {
	f := provisioning.SpaceFilter{Query: q.Get("q"), Limit: spacesPerPage + 1}
	if st := provisioning.State(q.Get("etat")); slices.Contains(spaceStates(), st) {
		f.States = []provisioning.State{st}
	}
	if id, err := strconv.ParseInt(q.Get("serveur"), 10, 64); err == nil {
		f.HostID = id
	}
	if id, err := strconv.ParseInt(q.Get("apres"), 10, 64); err == nil && id > 0 {
		f.After = id
	}
	return f
}

func spacesURL(f provisioning.SpaceFilter) string {
	q := url.Values{}
	if f.Query != "" {
		q.Set("q", f.Query)
	}
	if len(f.States) > 0 {
		q.Set("etat", string(f.States[0]))
	}
	if f.HostID != 0 {
		q.Set("serveur", strconv.FormatInt(f.HostID, 10))
	}
	if f.After != 0 {
		q.Set("apres", strconv.FormatInt(f.After, 10))
	}
	if len(q) == 0 {
		return pathAdminSpaces
	}
	return pathAdminSpaces + "?" + q.Encode()
}

func (s *Server) listSpaces(w http.ResponseWriter, r *http.Request) error {
	f := readSpaceFilter(r.URL.Query())
	lines, err := s.opts.Provisioning.Spaces(r.Context(), f)
	if err != nil {
		return err
	}
	hosts, err := s.opts.Provisioning.Hosts(r.Context())
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("admin.spaces.title"))
	view := &spaceListView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("admin.spaces.lead")}, Action: page.Href(pathAdminSpaces),
		Empty: render.Empty{Drawing: "nest-box", Title: i18n.M("admin.spaces.empty"), Body: i18n.M("admin.spaces.empty-body")},
	}
	view.filters(f, hosts)
	if f.Query != "" || len(f.States) > 0 || f.HostID != 0 {
		view.Clear = page.Href(pathAdminSpaces)
		view.Empty.Body = i18n.M("admin.spaces.empty-filtered")
	}
	if len(lines) > spacesPerPage {
		lines = lines[:spacesPerPage]
		next := f
		next.After = lines[len(lines)-1].ID
		view.Pages.Next = page.Href(spacesURL(next))
	}
	if f.After != 0 {
		first := f
		first.After = 0
		view.Pages.Previous = page.Href(spacesURL(first))
		view.Pages.Summary = i18n.M("admin.spaces.back-to-first")
	}
	for _, line := range lines {
		view.Rows = append(view.Rows, spaceLine(page, line))
	}
	return s.show(w, r, http.StatusOK, "admin/spaces", view)
}

func (v *spaceListView) filters(f provisioning.SpaceFilter, hosts []provisioning.Host) {
	v.Search = render.Field{
		Name: "q", Label: i18n.M("admin.spaces.search"), Hint: i18n.M("admin.spaces.search-hint"), Value: f.Query, Type: "search",
		Optional: true, NoSpell: true,
	}
	v.State = render.Field{
		Name: "etat", Label: i18n.M("admin.spaces.state"), Optional: true,
		Choices: []render.Choice{{Label: i18n.M("admin.spaces.any-state")}},
	}
	for _, st := range spaceStates() {
		v.State.Choices = append(v.State.Choices, render.Choice{Value: string(st), Label: render.StateTag("space", string(st)).Text})
	}
	if len(f.States) > 0 {
		v.State.Value = string(f.States[0])
	}
	v.Host = render.Field{
		Name: "serveur", Label: i18n.M("admin.spaces.host"), Value: strconv.FormatInt(f.HostID, 10), Optional: true,
		Choices: []render.Choice{{Value: "0", Label: i18n.M("admin.spaces.any-host")}},
	}
	for _, h := range hosts {
		v.Host.Choices = append(v.Host.Choices, render.Choice{Value: strconv.FormatInt(h.ID, 10), Label: i18n.Raw(h.Name)})
	}
}

func spaceLine(page render.Page, line provisioning.SpaceLine) spaceListRow {
	row := spaceListRow{
		Name: line.Name, Slug: line.Slug, URL: page.Href(spacePath(line.PublicID)), Tag: spaceTag(line.State, line.Blocked != nil),
		Host: i18n.M("admin.spaces.unplaced"), Line: line,
		Seats: i18n.M("admin.spaces.seats-of", "Taken", line.Seats, "Total", line.Plan.Accounts),
	}
	if line.HostName != "" {
		row.Host, row.HostURL = i18n.Raw(line.HostName), page.Href(hostPath(line.HostName))
	}
	if !line.Reading.At.IsZero() {
		row.Gauge = &render.Gauge{
			Label: i18n.M("admin.space.reading-label"), Used: line.Reading.UsedBytes, Total: line.Reading.QuotaBytes, Small: true,
		}
	}
	return row
}
