// Package i18n holds every sentence Nichoir shows or mails, in French and in English, and formats sizes, dates and
// numbers for people.
//
// It knows no service and no page: a caller names a key and gives values. It must never decide what to say, and it never
// keeps a visitor's choice of language: that travels in the address, in the session or on the recipient's row.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	_ "time/tzdata" // Europe/Paris must be known on hosts without a zone database.
)

// The languages Nichoir speaks. French comes first: it is what an unknown visitor gets.
const (
	French  = "fr"
	English = "en"
)

//go:embed catalogues
var catalogues embed.FS

// Options adjust a catalogue. The zero value is right for tests that do not look at missing keys.
type Options struct {
	// OnMissing is told of a key or value that a sentence lacked. The page still appears, with the key in place of the
	// sentence. Production logs a warning, tests fail. Nil means: tell nobody.
	OnMissing func(lang, key string)
}

// Catalogue is every sentence in every language. It does not change after New and may be shared.
type Catalogue struct {
	locales map[string]*Locale
	keys    map[string]map[string]*goi18n.Message
}

// New reads the embedded catalogues. It fails when a file cannot be read, when a key does not begin with the name of its
// file ("public.home.title" lives in public.json), or when a key stands twice.
func New(opts Options) (*Catalogue, error) {
	return load(catalogues, opts)
}

func load(files fs.FS, opts Options) (*Catalogue, error) {
	if opts.OnMissing == nil {
		opts.OnMissing = func(string, string) {}
	}
	bundle := goi18n.NewBundle(language.French)
	c := &Catalogue{locales: map[string]*Locale{}, keys: map[string]map[string]*goi18n.Message{}}
	for _, lang := range Languages() {
		messages, err := readLanguage(files, lang)
		if err != nil {
			return nil, err
		}
		c.keys[lang] = messages
		if err := bundle.AddMessages(language.MustParse(lang), slices.Collect(maps.Values(messages))...); err != nil {
			return nil, fmt.Errorf("add %s catalogue: %w", lang, err)
		}
	}
	for _, lang := range Languages() {
		locale, err := newLocale(bundle, lang, opts.OnMissing)
		if err != nil {
			return nil, err
		}
		c.locales[lang] = locale
	}
	return c, nil
}

// Languages lists the languages there are, the preferred one first.
func Languages() []string { return []string{French, English} }

// Known tells whether Nichoir speaks lang.
func Known(lang string) bool { return slices.Contains(Languages(), lang) }

// Locale gives the sentences of one language; French for a language Nichoir does not speak.
func (c *Catalogue) Locale(lang string) *Locale {
	if locale, ok := c.locales[lang]; ok {
		return locale
	}
	return c.locales[French]
}

// Has tells whether key is a sentence of every language.
func (c *Catalogue) Has(key string) bool {
	for _, lang := range Languages() {
		if _, ok := c.keys[lang][key]; !ok {
			return false
		}
	}
	return true
}

// Keys lists the keys of one language in alphabetical order.
func (c *Catalogue) Keys(lang string) []string {
	return slices.Sorted(maps.Keys(c.keys[lang]))
}

func readLanguage(files fs.FS, lang string) (map[string]*goi18n.Message, error) {
	names, err := fs.Glob(files, path.Join("catalogues", lang, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("list %s catalogues: %w", lang, err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("list %s catalogues: none embedded", lang)
	}
	all := map[string]*goi18n.Message{}
	set := punctuation(lang)
	for _, name := range names {
		messages, err := readFile(files, name)
		if err != nil {
			return nil, err
		}
		area := strings.TrimSuffix(path.Base(name), ".json")
		for _, m := range messages {
			if !strings.HasPrefix(m.ID, area+".") {
				return nil, fmt.Errorf("read catalogue %s: key %q does not begin with %q", name, m.ID, area+".")
			}
			all[m.ID] = dress(set, m)
		}
	}
	return all, nil
}

func readFile(files fs.FS, name string) ([]*goi18n.Message, error) {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("read catalogue %s: %w", name, err)
	}
	if err := refuseTwins(raw); err != nil {
		return nil, fmt.Errorf("read catalogue %s: %w", name, err)
	}
	messages, err := goi18n.ParseMessageBytes(raw, json.Unmarshal)
	if err != nil {
		return nil, fmt.Errorf("read catalogue %s: %w", name, err)
	}
	return messages, nil
}

// refuseTwins finds keys written twice, which encoding/json would silently merge.
func refuseTwins(raw []byte) error {
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("parse: %w", err)
	}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return fmt.Errorf("parse: %w", err)
		}
		key, _ := token.(string)
		if seen[key] {
			return fmt.Errorf("key %q stands twice", key)
		}
		seen[key] = true
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return fmt.Errorf("parse the value of %q: %w", key, err)
		}
	}
	return nil
}

// dress gives a sentence its typography and every plural form its language asks for. A plain sentence has one form for all
// counts; French also counts millions ("many" in CLDR), which read like any other plural here.
func dress(set *strings.Replacer, m *goi18n.Message) *goi18n.Message {
	m.One = typography(set, m.One)
	m.Other = typography(set, m.Other)
	if m.One == "" {
		m.One = m.Other
	}
	m.Many = m.Other
	return m
}
