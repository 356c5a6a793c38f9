package web

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"nichoir/internal/i18n"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
)

// directoryView is the public directory.
type directoryView struct {
	render.Page

	Header  render.Header
	Action  string // of the search box
	Text    string
	Rest    []render.Hidden // the other filters, which a search keeps
	Facets  []facetGroup
	Chosen  []render.Link
	Clear   string
	Summary i18n.Message
	Cards   []providerCard
	Empty   render.Empty
	Team    string // where the team is reached
	Join    string
	JSON    string
	CSV     string
}

// providerCard is what decides, in ten seconds, whether one reads on.
type providerCard struct {
	Name  string
	URL   string
	Tag   render.Tag
	Who   i18n.Message // structure, town and region
	Kinds []i18n.Message
	Facts []render.Fact
}

// showDirectory answers the public directory. Its address says all that was asked: it can be shared.
func (s *Server) showDirectory(w http.ResponseWriter, r *http.Request) error {
	l := s.askedOf(r)
	found, err := s.opts.Directory.Search(r.Context(), l.Query)
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("directory.title"))
	page.Description = i18n.M("directory.description")
	view := directoryView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("directory.lead")},
		Action: pathDirectory, Text: l.Text, Facets: facetsOf(page, l, found.Facets), Chosen: chosen(page, l),
		Clear: page.Href(pathDirectory), Summary: i18n.M("directory.summary", "Count", len(found.Providers)),
		Join: page.Href(pathJoin), JSON: l.at(pathDirectoryJSON), CSV: l.at(pathDirectoryCSV), Team: s.team(page),
	}
	rest := l
	rest.Text = ""
	kept := rest.values()
	for _, name := range slices.Sorted(maps.Keys(kept)) { // what is the same has one address
		for _, value := range kept[name] {
			view.Rest = append(view.Rest, render.Hidden{Name: name, Value: value})
		}
	}
	if page.LangChosen {
		view.Rest = append(view.Rest, render.Hidden{Name: "lang", Value: page.Lang})
	}
	if l.narrows() && len(found.Providers) < found.Total {
		view.Summary = i18n.M("directory.summary-of", "Count", len(found.Providers), "Total", found.Total)
	}
	for _, p := range found.Providers {
		view.Cards = append(view.Cards, cardOf(page, p))
	}
	view.Empty = render.Empty{Drawing: "empty-nest", Title: i18n.M("directory.none"), Body: i18n.M("directory.none-body"),
		Action: render.Link{URL: view.Clear, Text: i18n.M("directory.clear")}}
	if found.Total == 0 {
		view.Empty = render.Empty{Drawing: "ducks", Title: i18n.M("directory.nobody"), Body: i18n.M("directory.nobody-body"),
			Action: render.Link{URL: page.Href(pathHelp), Text: i18n.M("public.nav.help")}}
	}
	return s.show(w, r, http.StatusOK, "directory/index", view)
}

// team is where the team is reached: its own page or address, or what the help page says of it.
func (s *Server) team(page render.Page) string {
	if s.opts.Contact != "" {
		return s.opts.Contact
	}
	return page.Href(pathHelp)
}

// cardOf sums a provider up.
func cardOf(page render.Page, p directory.Provider) providerCard {
	c := providerCard{Name: p.Profile.Name, URL: page.Href(providerPath(p.Slug)), Tag: placeTag(p), Who: whoWords(p.Profile)}
	for _, kind := range p.Profile.Kinds {
		c.Kinds = append(c.Kinds, kindShort(kind))
	}
	c.Facts = []render.Fact{
		{Label: i18n.M("directory.where"), Value: servedWords(p.Profile, fewRegions)},
		{Label: i18n.M("directory.for"), Value: sizesWords(p.Profile.Sizes)},
	}
	if p.Profile.Free != "" {
		c.Facts = append(c.Facts, render.Fact{Label: i18n.M("directory.free"), Value: i18n.Raw(cut(p.Profile.Free, snippet))})
	}
	if p.Profile.Quoted != "" {
		c.Facts = append(c.Facts, render.Fact{Label: i18n.M("directory.quoted"), Value: i18n.Raw(cut(p.Profile.Quoted, snippet))})
	}
	return c
}

// placeTag says whether a provider can take one more association. How many places it has is nobody's business.
func placeTag(p directory.Provider) render.Tag {
	switch {
	case p.State == directory.Paused:
		return render.Tag{Kind: render.Neutral, Text: i18n.M("directory.paused")}
	case p.Free() == 0:
		return render.Tag{Kind: render.Waiting, Text: i18n.M("directory.full")}
	default:
		return render.Tag{Kind: render.Done, Text: i18n.M("directory.has-place")}
	}
}

// whoWords are structure and place in one line.
func whoWords(p directory.Profile) i18n.Message {
	key := "directory.who"
	if p.Chatons {
		key = "directory.who-chatons"
	}
	return i18n.M(key, "Structure", structureWord(p.Structure), "Town", p.Town, "Region", regionWord(p.Region))
}

// fewRegions is how many regions a card names; the provider's own page names them all.
const fewRegions = 3

// servedWords say where a provider helps: on site, from afar, or both. At most so many regions are named; 0: all.
func servedWords(p directory.Profile, most int) i18n.Message {
	if !p.OnSite {
		return modeWord(support.Remote)
	}
	regions := p.Regions
	if len(regions) == 0 {
		regions = []support.Region{p.Region}
	}
	where := listWords(regions, regionWord)
	switch {
	case p.Everywhere:
		where = i18n.M("directory.everywhere")
	case most > 0 && len(regions) > most+1:
		where = i18n.M("directory.regions-more", "Regions", listWords(regions[:most], regionWord), "Count", len(regions)-most)
	}
	if p.Remote {
		return i18n.M("directory.served-both", "Where", where)
	}
	return i18n.M("directory.served", "Where", where)
}

// sizesWords say which associations a provider takes.
func sizesWords(sizes []support.Size) i18n.Message {
	has := func(z support.Size) bool { return slices.Contains(sizes, z) }
	switch {
	case len(sizes) == len(support.Sizes()):
		return i18n.M("directory.any-size")
	case has(support.Small) && has(support.Medium):
		return i18n.M("directory.up-to-medium")
	case has(support.Medium) && has(support.Large):
		return i18n.M("directory.from-medium")
	}
	return i18n.M("directory.some-sizes", "Sizes", listWords(sizes, sizeWord))
}

func providerPath(slug string) string { return pathDirectory + "/" + url.PathEscape(slug) }

// snippet is how much of an offer a card tells, in characters.
const snippet = 140

// cut shortens a text to about so many characters, between two words.
func cut(text string, most int) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	runes := []rune(text)[:most]
	end := most
	for i := most - 1; i > most/2; i-- {
		if unicode.IsSpace(runes[i]) {
			end = i
			break
		}
	}
	return strings.TrimRight(string(runes[:end]), " ,;:.") + "…"
}

// trim takes the white space off, what is no text out, and the end of what is too long away.
func trim(text string, most int) string {
	text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", ""))
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}
