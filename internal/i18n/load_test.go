package i18n

import (
	"html/template"
	"strings"
	"testing"
	"testing/fstest"
)

func catalogueOf(fr, en string) fstest.MapFS {
	return fstest.MapFS{
		"catalogues/fr/common.json": &fstest.MapFile{Data: []byte(fr)},
		"catalogues/en/common.json": &fstest.MapFile{Data: []byte(en)},
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ fr, want string }{
		"a key of another file": {`{"public.title": "x"}`, `does not begin with "common."`},
		"a key twice":           {`{"common.a": "x", "common.a": "y"}`, `stands twice`},
		"what is not JSON":      {`{"common.a": `, `parse`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(catalogueOf(test.fr, `{}`), Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one that says %q", err, test.want)
			}
		})
	}
}

func TestTypography(t *testing.T) {
	t.Parallel()
	const sentences = `{"common.a": "« L'été » : vrai ? Oui ; 12 % ! [l'aide]({{.URL}}) à {{.Name}} !"}`
	catalogue, err := load(catalogueOf(sentences, `{"common.a": "It's {{.Name}}: [help]({{.URL}})"}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	fr := catalogue.Locale(French).T("common.a", "Name", "l'île", "URL", "/a?b=l'c")
	if want := "«\u00a0L’été\u00a0»\u00a0: vrai\u202f? Oui\u202f; 12\u00a0%\u202f! [l’aide](/a?b=l'c) à l'île\u202f!"; fr != want {
		t.Errorf("French: got %q, want %q", fr, want)
	}
	if en, want := catalogue.Locale(English).T("common.a", "Name", "x", "URL", "/"), "It’s x: [help](/)"; en != want {
		t.Errorf("English: got %q, want %q", en, want)
	}
}

func TestRichLinks(t *testing.T) {
	t.Parallel()
	catalogue, err := load(catalogueOf(`{"common.a": "[aide]({{.URL}}) et **[gras](/a)**"}`, `{}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]template.HTML{
		"https://example.org/?a=1&b=2": `<a href="https://example.org/?a=1&amp;b=2">aide</a> et <strong><a href="/a">gras</a></strong>`,
		"/suivi":                       `<a href="/suivi">aide</a> et <strong><a href="/a">gras</a></strong>`,
		"javascript:alert(1)":          `aide et <strong><a href="/a">gras</a></strong>`,
		"//example.org":                `aide et <strong><a href="/a">gras</a></strong>`,
		`/"onclick="x`:                 `<a href="/&#34;onclick=&#34;x">aide</a> et <strong><a href="/a">gras</a></strong>`,
	} {
		if got := catalogue.Locale(French).Rich(M("common.a", "URL", target)); got != want {
			t.Errorf("a link to %q: got %s, want %s", target, got, want)
		}
	}
}
