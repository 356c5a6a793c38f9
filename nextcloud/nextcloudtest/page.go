package nextcloudtest

import (
	"bytes"
	_ "embed"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
)

//go:embed page.html
var pageSource string

type pageView struct {
	Version     string
	Maintenance bool
	Folders     []pageFolder
	Accounts    []pageAccount
}

type pageFolder struct {
	Mount, Groups, Size, Quota string
	Files                      int
}

type pageAccount struct {
	ID, Name, Groups, Quota string
	Disabled                bool
}

// page shows a person which server this is and what it holds.
func (s *Server) page() *answer {
	tmpl, err := template.New("page").Parse(pageSource)
	if err != nil {
		return htmlPage(http.StatusInternalServerError, "Internal Server Error")
	}
	var b bytes.Buffer
	if err := tmpl.Execute(&b, s.view()); err != nil {
		return htmlPage(http.StatusInternalServerError, "Internal Server Error")
	}
	a := newAnswer(http.StatusOK, typeHTML, b.Bytes())
	a.header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	return a
}

func (s *Server) view() pageView {
	s.mu.RLock()
	defer s.mu.RUnlock()
	view := pageView{Version: s.store.version.String(), Maintenance: s.store.maintenance}
	for _, f := range slices.SortedFunc(maps.Values(s.store.folders), compareFolders) {
		view.Folders = append(view.Folders, pageFolder{
			Mount: f.mount, Groups: strings.Join(sortedKeys(f.groups), ", "), Size: frenchSize(f.size()), Quota: frenchQuota(f.quota),
			Files: len(f.root.files(nil)),
		})
	}
	for _, a := range s.store.sortedAccounts() {
		view.Accounts = append(view.Accounts, pageAccount{
			ID: a.id, Name: a.displayName, Groups: strings.Join(sortedKeys(a.groups), ", "), Quota: frenchQuota(a.quotaBytes()), Disabled: a.disabled,
		})
	}
	return view
}

func frenchQuota(bytes int64) string {
	if bytes < 0 {
		return "sans limite"
	}
	return frenchSize(bytes)
}

// frenchSize labels powers of 1024 as Nextcloud does: "40 Go".
func frenchSize(bytes int64) string {
	units := []string{"octets", "Ko", "Mo", "Go", "To"}
	size, i := float64(bytes), 0
	for size >= kibi && i < len(units)-1 {
		size, i = size/kibi, i+1
	}
	return strings.ReplaceAll(formatFloat(roundTenth(size)), ".", ",") + "\u00a0" + units[i]
}
