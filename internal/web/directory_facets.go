package web

import (
	"slices"

	"nichoir/internal/i18n"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
)

// facetGroup is one question and its answers, which narrow the directory.
type facetGroup struct {
	Title i18n.Message
	Items []facet
	Folds bool         // there are many answers, or it is asked for less often
	Said  i18n.Message // the answer that is chosen, of a group that folds
}

// facet is one answer: a link to the directory with it, or without it when it is chosen.
type facet struct {
	ID     string // the one link keeps the focus when the list is exchanged
	URL    string
	Text   i18n.Message
	Count  int // what would remain
	Chosen bool
}

// question is what a group is made of.
type question[T ~string] struct {
	name   string // in the address
	title  i18n.Message
	values []T
	counts map[T]int
	word   func(T) i18n.Message
	chosen func(T) bool
	toggle func(T) directoryLink // the same address with a value, or without it
	folds  bool
}

// group lists the answers. One that would leave nothing is not offered.
func (q question[T]) group(page render.Page) facetGroup {
	g := facetGroup{Title: q.title, Folds: q.folds}
	for _, value := range q.values {
		item := facet{
			ID: "f-" + q.name + "-" + string(value), Text: q.word(value), Count: q.counts[value], Chosen: q.chosen(value),
			URL: page.Href(q.toggle(value).at(pathDirectory)),
		}
		if item.Count > 0 || item.Chosen {
			g.Items = append(g.Items, item)
		}
		if item.Chosen && q.folds {
			g.Said = item.Text
		}
	}
	return g
}

// facetsOf lists the choices with what each would leave.
func facetsOf(page render.Page, l directoryLink, n directory.Facets) []facetGroup {
	one := func(chosen string) func(string) bool { return func(v string) bool { return v != "" && v == chosen } }
	groups := []facetGroup{
		question[support.Kind]{
			name: askKind, title: i18n.M("directory.facet.kinds"), values: support.Kinds(), counts: n.Kinds, word: kindShort,
			chosen: func(k support.Kind) bool { return slices.Contains(l.Kinds, k) }, toggle: l.toggled,
		}.group(page),
		question[support.Mode]{
			name: askMode, title: i18n.M("directory.facet.modes"), values: []support.Mode{support.OnSite, support.Remote}, counts: n.Modes,
			word: modeWord, chosen: func(m support.Mode) bool { return m == l.Mode },
			toggle: func(m support.Mode) directoryLink { l := l; l.Mode = other(l.Mode, m); return l },
		}.group(page),
		question[support.Region]{
			name: askRegion, title: i18n.M("directory.facet.regions"), values: support.Regions(), counts: n.Regions, word: regionWord,
			chosen: func(r support.Region) bool { return r == l.Region }, folds: true,
			toggle: func(r support.Region) directoryLink { l := l; l.Region = other(l.Region, r); return l },
		}.group(page),
		question[support.Size]{
			name: askSize, title: i18n.M("directory.facet.sizes"), values: support.Sizes(), counts: n.Sizes, word: sizeWord,
			chosen: func(z support.Size) bool { return z == l.Size },
			toggle: func(z support.Size) directoryLink { l := l; l.Size = other(l.Size, z); return l },
		}.group(page),
		question[support.Structure]{
			name: askStructure, title: i18n.M("directory.facet.structures"), values: support.Structures(), counts: n.Structures,
			word: structureWord, chosen: func(st support.Structure) bool { return st == l.Structure }, folds: true,
			toggle: func(st support.Structure) directoryLink { l := l; l.Structure = other(l.Structure, st); return l },
		}.group(page),
		question[string]{
			name: askLanguage, title: i18n.M("directory.facet.languages"), values: support.Languages(), counts: n.Languages,
			word: languageWord, chosen: one(l.Language), folds: true,
			toggle: func(code string) directoryLink { l := l; l.Language = other(l.Language, code); return l },
		}.group(page),
		moreFacets(page, l, n),
	}
	return slices.DeleteFunc(groups, func(g facetGroup) bool { return len(g.Items) == 0 })
}

// moreFacets are the questions that are answered by yes.
func moreFacets(page render.Page, l directoryLink, n directory.Facets) facetGroup {
	free, chatons := l, l
	free.Free, chatons.Chatons = !l.Free, !l.Chatons
	g := facetGroup{Title: i18n.M("directory.facet.more"), Items: []facet{
		{ID: "f-" + askFree, Text: i18n.M("directory.facet.free"), Count: n.Free, Chosen: l.Free, URL: page.Href(free.at(pathDirectory))},
		{ID: "f-" + askChatons, Text: i18n.M("directory.facet.chatons"), Count: n.Chatons, Chosen: l.Chatons,
			URL: page.Href(chatons.at(pathDirectory))},
	}}
	g.Items = slices.DeleteFunc(g.Items, func(f facet) bool { return f.Count == 0 && !f.Chosen })
	return g
}

// chosen are the filters that are on, each with the address without it.
func chosen(page render.Page, l directoryLink) []render.Link {
	var links []render.Link
	add := func(text i18n.Message, without func(*directoryLink)) {
		rest := l
		without(&rest)
		links = append(links, render.Link{URL: page.Href(rest.at(pathDirectory)), Text: text})
	}
	if l.Text != "" {
		add(i18n.M("directory.chosen.text", "Text", l.Text), func(l *directoryLink) { l.Text = "" })
	}
	for _, kind := range l.Kinds {
		add(kindShort(kind), func(l *directoryLink) { *l = l.toggled(kind) })
	}
	if l.Mode != "" {
		add(modeWord(l.Mode), func(l *directoryLink) { l.Mode = "" })
	}
	if l.Region != "" {
		add(regionWord(l.Region), func(l *directoryLink) { l.Region = "" })
	}
	if l.Size != "" {
		add(sizeWord(l.Size), func(l *directoryLink) { l.Size = "" })
	}
	if l.Structure != "" {
		add(structureWord(l.Structure), func(l *directoryLink) { l.Structure = "" })
	}
	if l.Language != "" {
		add(languageWord(l.Language), func(l *directoryLink) { l.Language = "" })
	}
	if l.Free {
		add(i18n.M("directory.facet.free"), func(l *directoryLink) { l.Free = false })
	}
	if l.Chatons {
		add(i18n.M("directory.facet.chatons"), func(l *directoryLink) { l.Chatons = false })
	}
	return links
}
