package demo

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"nichoir/nextcloud/nextcloudtest"
)

//go:embed pages
var pages embed.FS

const (
	pageStyle  = "/nichoir-demo.css"
	pagePolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)

// cloudPage shows what a simulated server holds: it has no interface of its own, and one wants to see the space stand.
type cloudPage struct {
	cloud *cloud
	pages *template.Template
}

func newCloudPage(c *cloud) (*cloudPage, error) {
	parsed, err := parsePages()
	if err != nil {
		return nil, err
	}
	return &cloudPage{cloud: c, pages: parsed}, nil
}

func parsePages() (*template.Template, error) {
	parsed, err := template.New("").Funcs(template.FuncMap{"size": sizeWords, "percent": percent}).ParseFS(pages, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the demonstration's pages: %w", err)
	}
	return parsed, nil
}

type cloudView struct {
	Label, URL string
	Folders    []folderView
	Accounts   int
}

type folderView struct {
	nextcloudtest.FolderState

	Members []memberView
	Paths   []string
}

type memberView struct {
	Login, Name string
	Quota       int64
	SignedIn    bool
	Disabled    bool
}

// ServeHTTP answers the page and its stylesheet.
func (p *cloudPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == pageStyle {
		serveStyle(w, r)
		return
	}
	servePage(w, p.pages, "cloud.html", p.view())
}

func (p *cloudPage) view() cloudView {
	state := p.cloud.sim.State()
	view := cloudView{Label: p.cloud.label, URL: p.cloud.url, Accounts: len(state.Accounts)}
	for _, f := range state.Folders {
		row := folderView{FolderState: f, Paths: slices.Sorted(maps.Keys(f.Files))}
		for group := range f.Groups {
			for _, id := range state.Groups[group].Members {
				a := state.Accounts[id]
				row.Members = append(row.Members, memberView{Login: id, Name: a.DisplayName, Quota: a.Quota, SignedIn: a.SignedIn, Disabled: a.Disabled})
			}
		}
		view.Folders = append(view.Folders, row)
	}
	slices.SortStableFunc(view.Folders, func(a, b folderView) int {
		return cmp.Compare(strings.ToLower(a.MountPoint), strings.ToLower(b.MountPoint))
	})
	return view
}

func serveStyle(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pages, "pages/style.css")
}

// servePage writes a page whole or not at all.
func servePage(w http.ResponseWriter, pages *template.Template, name string, data any) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, data); err != nil {
		http.Error(w, "this page is broken", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", pagePolicy)
	_, _ = body.WriteTo(w) // the visitor is gone
}

// sizeWords tells bytes as Nextcloud labels them: 1 GB is 1024³.
func sizeWords(bytes int64) string {
	if bytes < 0 {
		return "no limit"
	}
	units := []string{"bytes", "KB", "MB", "GB", "TB"}
	value, unit := float64(bytes), 0
	for value >= 1024 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	if unit == 0 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", value), ".0") + " " + units[unit]
}

func percent(part, whole int64) int64 {
	if whole <= 0 {
		return 0
	}
	return min(100, part*100/whole)
}
