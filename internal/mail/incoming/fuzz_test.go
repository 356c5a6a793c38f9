package incoming

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// seeds adds the mails of testdata, or what seed takes from them.
func seeds(f *testing.F, seed func(raw []byte) string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "mails", "*.eml"))
	if err != nil || len(files) == 0 {
		f.Fatalf("%d mails to begin with (%v)", len(files), err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed(raw))
	}
}

func FuzzParse(f *testing.F) {
	seeds(f, func(raw []byte) string { return string(raw) })
	f.Fuzz(func(t *testing.T, raw string) {
		m := Parse([]byte(raw), Options{Domains: []string{"nichoir.example"}})
		for what, s := range map[string]string{"text": m.Text, "subject": m.Subject, "name": m.FromName} {
			if !utf8.ValidString(s) {
				t.Errorf("the %s is not UTF-8: %q", what, s)
			}
		}
		if utf8.RuneCountInString(m.Text) > maxText || len(m.Files) > maxFiles || len(m.Failed) > maxFailures || len(m.To) > maxAddress {
			t.Errorf("beyond the bounds: %d bytes, %d files, %d failures, %d recipients", len(m.Text), len(m.Files), len(m.Failed), len(m.To))
		}
		if strings.ContainsAny(m.Subject+m.FromName+m.From+m.MessageID, "\r\n\x00") {
			t.Errorf("a heading of several lines: %q %q %q %q", m.Subject, m.FromName, m.From, m.MessageID)
		}
		for _, file := range m.Files {
			if file.Name == "" || strings.ContainsAny(file.Name, "/\\\r\n\x00") || len(file.Content) > maxFile || !utf8.ValidString(file.Name) {
				t.Errorf("file %q of %d bytes", file.Name, len(file.Content))
			}
		}
		if m.From != "" && bareAddress(m.From) != m.From {
			t.Errorf("sender %q is no address as we keep them", m.From)
		}
	})
}

func FuzzCutQuotes(f *testing.F) {
	seeds(f, func(raw []byte) string { return Parse(raw, Options{}).Text })
	f.Add("ok\n\nLe 12/11/2026 à 10:22, Nichoir a écrit :\n> — Répondez au-dessus de cette ligne —\n> x")
	f.Add("> a\n\nb\n\n> c\n-- \nd\nEnvoyé de mon iPhone")
	f.Add("De : x\nEnvoyé : y\nObjet : z\n\nfin")
	f.Fuzz(func(t *testing.T, text string) {
		cut := cutAnswer(text, "Re: x")
		if strings.TrimSpace(cut) == "" && strings.Trim(text, " \n") != "" && strings.TrimSpace(text) != "" {
			t.Errorf("%q was cut to nothing", text)
		}
		// Every line that is left was there, in the same order.
		rest := strings.Split(text, "\n")
		for line := range strings.SplitSeq(cut, "\n") {
			for len(rest) > 0 && strings.TrimRight(rest[0], " ") != line {
				rest = rest[1:]
			}
			if len(rest) == 0 {
				t.Fatalf("line %q of %q is not of %q", line, cut, text)
			}
			rest = rest[1:]
		}
	})
}

func FuzzHTMLText(f *testing.F) {
	f.Add("<p>a<br>b <a href='https://x.example'>c</a><ul><li>d<ol><li>e</ol></ul><blockquote type=cite>f")
	f.Add("<pre>a\n b</pre><div style='display: none'>x</div><script>y</script>&nbsp;&eacute;<img alt='😀'>")
	f.Add("<table><tr><td>a</td><td>b</td></tr></table><hr><p class=MsoNormal>&nbsp;</p>")
	f.Fuzz(func(t *testing.T, source string) {
		text := htmlText(strings.ToValidUTF8(source, "\uFFFD"))
		if !utf8.ValidString(text) {
			t.Errorf("%q is not UTF-8", text)
		}
		if limit := 40*len(source) + 100; len(text) > limit {
			t.Errorf("%d bytes became %d", len(source), len(text))
		}
		if strings.Contains(text, "\n\n\n") {
			t.Errorf("empty lines in a row: %q", text)
		}
	})
}
