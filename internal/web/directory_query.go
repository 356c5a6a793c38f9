package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"nichoir/internal/i18n"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

// The directory, and what lies below it.
const (
	pathDirectory     = "/prestataires"
	pathDirectoryJSON = pathDirectory + ".json"
	pathDirectoryCSV  = pathDirectory + ".csv"
	pathJoin          = pathDirectory + "/rejoindre"
	pathJoined        = pathDirectory + "/candidature/"
)

// The words of the directory's address. They are shared and bookmarked: none changes its meaning.
const (
	askText      = "q"
	askKind      = "aide"
	askRegion    = "region"
	askMode      = "mode"
	askSize      = "taille"
	askStructure = "structure"
	askLanguage  = "langue"
	askChatons   = "chatons"
	askFree      = "libre"
	yes          = "oui"
)

// maxQuery is how much of what was typed is searched for.
const maxQuery = 200

// directoryLink is what an address of the directory asks for.
type directoryLink struct{ directory.Query }

// readDirectoryLink reads the address; what makes no sense in it does not narrow.
func readDirectoryLink(q url.Values) directoryLink {
	l := directoryLink{directory.Query{
		Text: trim(q.Get(askText), maxQuery), Chatons: q.Get(askChatons) == yes, Free: q.Get(askFree) == yes,
	}}
	for _, kind := range support.Kinds() {
		if slices.Contains(q[askKind], string(kind)) {
			l.Kinds = append(l.Kinds, kind)
		}
	}
	l.Region = oneOf(support.Regions(), q.Get(askRegion))
	l.Mode = oneOf([]support.Mode{support.OnSite, support.Remote}, q.Get(askMode))
	l.Size = oneOf(support.Sizes(), q.Get(askSize))
	l.Structure = oneOf(support.Structures(), q.Get(askStructure))
	l.Language = oneOf(support.Languages(), q.Get(askLanguage))
	return l
}

// askedOf is what the address of a request asks for. The words of the lists are searched in all languages: whoever sends an
// address on, and whatever kept its answer, need not speak the reader's.
func (s *Server) askedOf(r *http.Request) directoryLink {
	l := readDirectoryLink(r.URL.Query())
	known := map[string]string{}
	say := func(m i18n.Message) string {
		if _, ok := known[m.Key]; !ok {
			for _, lang := range i18n.Languages() {
				known[m.Key] += s.opts.Render.Locale(lang).Text(m) + " "
			}
		}
		return known[m.Key]
	}
	l.Words = func(p directory.Profile) string {
		words := []string{say(structureWord(p.Structure)), say(regionWord(p.Region))}
		for _, kind := range p.Kinds {
			words = append(words, say(kindShort(kind)))
		}
		for _, region := range p.Regions {
			words = append(words, say(regionWord(region)))
		}
		for _, code := range p.Languages {
			words = append(words, say(languageWord(code)))
		}
		if p.Chatons {
			words = append(words, "CHATONS")
		}
		return strings.Join(words, " ")
	}
	return l
}

// oneOf is the value when it is one of those there are, and nothing otherwise.
func oneOf[T ~string](known []T, value string) T {
	if slices.Contains(known, T(value)) {
		return T(value)
	}
	return ""
}

// values are the words of the address.
func (l directoryLink) values() url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set(askText, l.Text)
	for _, kind := range l.Kinds {
		q.Add(askKind, string(kind))
	}
	set(askRegion, string(l.Region))
	set(askMode, string(l.Mode))
	set(askSize, string(l.Size))
	set(askStructure, string(l.Structure))
	set(askLanguage, l.Language)
	if l.Chatons {
		q.Set(askChatons, yes)
	}
	if l.Free {
		q.Set(askFree, yes)
	}
	return q
}

// at is an address that asks for the same.
func (l directoryLink) at(path string) string {
	if q := l.values(); len(q) > 0 {
		return path + "?" + q.Encode()
	}
	return path
}

// narrows reports whether the address asks for less than everything.
func (l directoryLink) narrows() bool { return len(l.values()) > 0 }

// toggled is the same question with one kind more, or without it.
func (l directoryLink) toggled(kind support.Kind) directoryLink {
	l.Kinds = slices.Clone(l.Kinds)
	if i := slices.Index(l.Kinds, kind); i >= 0 {
		l.Kinds = slices.Delete(l.Kinds, i, i+1)
		return l
	}
	l.Kinds = append(l.Kinds, kind)
	// In one order, so that what is the same has one address.
	order := support.Kinds()
	slices.SortFunc(l.Kinds, func(a, b support.Kind) int { return slices.Index(order, a) - slices.Index(order, b) })
	return l
}

// other is the value, or nothing when it is the one that is chosen already: a second click takes a choice back.
func other[T ~string](chosen, value T) T {
	if chosen == value {
		return ""
	}
	return value
}
