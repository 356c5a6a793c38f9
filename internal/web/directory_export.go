package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"nichoir/internal/support/directory"
)

// publicProvider is what the directory gives away of a provider, the same in both formats. The names are documented on the
// directory's page; one is added, none changes its meaning. Kinds, regions, sizes and structures are codes.
type publicProvider struct {
	Name         string   `json:"name"`
	URL          string   `json:"url"`
	Structure    string   `json:"structure"`
	People       int      `json:"people"`
	Town         string   `json:"town"`
	Region       string   `json:"region"`
	OnSite       bool     `json:"on_site"`
	Everywhere   bool     `json:"everywhere"`
	Regions      []string `json:"regions"`
	Remote       bool     `json:"remote"`
	Kinds        []string `json:"kinds"`
	Sizes        []string `json:"sizes"`
	Languages    []string `json:"languages"`
	Chatons      bool     `json:"chatons"`
	Presentation string   `json:"presentation"`
	Free         string   `json:"free"`
	Quoted       string   `json:"on_quote"`
	Website      string   `json:"website"`
	Email        string   `json:"email"`
	Phone        string   `json:"phone"`
	FreePlace    bool     `json:"free_place"`
	Paused       bool     `json:"paused"`

	Projects []publicProject `json:"projects"`
}

// publicProject is a past project whose association agreed to be named.
type publicProject struct {
	Association string `json:"association"`
	Year        int    `json:"year"`
	Summary     string `json:"summary"`
}

func (s *Server) publicProvider(p directory.Provider) publicProvider {
	f := p.Profile
	projects := make([]publicProject, 0, len(p.Projects))
	for _, one := range p.Projects {
		projects = append(projects, publicProject{Association: one.Association, Year: one.Year, Summary: one.Summary})
	}
	return publicProvider{
		Name: f.Name, URL: strings.TrimSuffix(s.opts.BaseURL, "/") + providerPath(p.Slug), Structure: string(f.Structure), People: f.People, Town: f.Town,
		Region: string(f.Region), OnSite: f.OnSite, Everywhere: f.Everywhere, Regions: codes(f.Regions), Remote: f.Remote,
		Kinds: codes(f.Kinds), Sizes: codes(f.Sizes), Languages: codes(f.Languages), Chatons: f.Chatons, Presentation: f.Presentation,
		Free: f.Free, Quoted: f.Quoted, Website: f.Website, Email: f.Email, Phone: f.Phone,
		FreePlace: p.State == directory.Listed && p.Free() > 0, Paused: p.State == directory.Paused,
		Projects: projects,
	}
}

func codes[T ~string](values []T) []string {
	out := make([]string, 0, len(values))
	for _, value := range values {
		out = append(out, string(value))
	}
	return out
}

// showDirectoryJSON answers the filtered directory for other programs.
func (s *Server) showDirectoryJSON(w http.ResponseWriter, r *http.Request) error {
	found, err := s.opts.Directory.Export(r.Context(), s.askedOf(r).Query)
	if err != nil {
		return err
	}
	answer := struct {
		Total     int              `json:"total"` // without any filter
		Providers []publicProvider `json:"providers"`
	}{Total: found.Total, Providers: make([]publicProvider, 0, len(found.Providers))}
	for _, p := range found.Providers {
		answer.Providers = append(answer.Providers, s.publicProvider(p))
	}
	body, err := json.MarshalIndent(answer, "", "  ")
	if err != nil {
		return fmt.Errorf("write the directory as JSON: %w", err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	serveData(w, r, append(body, '\n'))
	return nil
}

// showDirectoryCSV answers the filtered directory for spreadsheets (RFC 4180). It begins with the mark by which those of Microsoft
// know UTF-8 from the letters of old.
func (s *Server) showDirectoryCSV(w http.ResponseWriter, r *http.Request) error {
	found, err := s.opts.Directory.Export(r.Context(), s.askedOf(r).Query)
	if err != nil {
		return err
	}
	body := bytes.NewBufferString("\ufeff")
	out := csv.NewWriter(body)
	out.UseCRLF = true
	rows := [][]string{{
		"name", "url", "structure", "people", "town", "region", "on_site", "everywhere", "regions", "remote", "kinds", "sizes", "languages",
		"chatons", "presentation", "free", "on_quote", "website", "email", "phone", "free_place", "paused",
		"projects",
	}}
	for _, p := range found.Providers {
		rows = append(rows, s.publicProvider(p).row())
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write the directory as CSV: %w", err)
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	w.Header().Set("Content-Disposition", `attachment; filename="prestataires.csv"`)
	serveData(w, r, body.Bytes())
	return nil
}

// row are the fields in the order of the header row. Several values stand in one cell, with a space between them; projects each in
// a line of its own.
func (p publicProvider) row() []string {
	list := func(values []string) string { return strings.Join(values, " ") }
	projects := make([]string, 0, len(p.Projects))
	for _, one := range p.Projects {
		projects = append(projects, fmt.Sprintf("%s (%d): %s", one.Association, one.Year, strings.Join(strings.Fields(one.Summary), " ")))
	}
	cells := []string{
		p.Name, p.URL, p.Structure, strconv.Itoa(p.People), p.Town, p.Region, strconv.FormatBool(p.OnSite), strconv.FormatBool(p.Everywhere),
		list(p.Regions), strconv.FormatBool(p.Remote), list(p.Kinds), list(p.Sizes), list(p.Languages), strconv.FormatBool(p.Chatons),
		p.Presentation, p.Free, p.Quoted, p.Website, p.Email, p.Phone, strconv.FormatBool(p.FreePlace), strconv.FormatBool(p.Paused),
		strings.Join(projects, "\n"),
	}
	for i := range cells {
		cells[i] = defused(cells[i])
	}
	return cells
}

// formula is where a spreadsheet may begin to read a formula: where a cell begins, and where one does for programs that cut at
// semicolons or tabs and do not mind quotes within a cell.
var formula = regexp.MustCompile(`((?:^|[;\t\r\n])[\s\x{A0}\x{202F}"]*)([=+@-])`)

// defused keeps a spreadsheet from running what an organisation typed: what begins like a formula gets an apostrophe (OWASP, CSV
// injection).
func defused(cell string) string {
	cell = formula.ReplaceAllString(cell, "$1'$2")
	if cell != "" && strings.ContainsRune("\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// serveData answers data that everybody may read, keep for five minutes, and use on other sites.
func serveData(w http.ResponseWriter, r *http.Request, body []byte) {
	sum := sha256.Sum256(body)
	h := w.Header()
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
