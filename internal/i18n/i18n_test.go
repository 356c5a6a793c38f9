package i18n_test

import (
	"encoding/json"
	"html/template"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/i18n"
)

// open reads the catalogues and fails the test when a sentence is missing.
func open(t *testing.T) *i18n.Catalogue {
	t.Helper()
	catalogue, err := i18n.New(i18n.Options{OnMissing: func(lang, key string) { t.Errorf("%s lacks %q", lang, key) }})
	if err != nil {
		t.Fatal(err)
	}
	return catalogue
}

// plain writes no-break spaces as ordinary ones, to keep the tables below readable.
func plain(s string) string {
	out := []rune(s)
	for i, r := range out {
		if r == '\u00a0' || r == '\u202f' {
			out[i] = ' '
		}
	}
	return string(out)
}

func TestBytes(t *testing.T) {
	t.Parallel()
	catalogue := open(t)
	for _, test := range []struct {
		bytes  int64
		fr, en string
	}{
		{0, "0 o", "0 B"},
		{1023, "1 023 o", "1,023 B"},
		{1024, "1 Ko", "1 KB"},
		{1536, "1,5 Ko", "1.5 KB"},
		{42949672960, "40 Go", "40 GB"},
		{42949672959, "40 Go", "40 GB"},
		{42949672960 - 100<<20, "39,9 Go", "39.9 GB"},
		{100 << 20, "100 Mo", "100 MB"},
		{1<<40 - 1, "1 To", "1 TB"},
		{-3, "∞", "∞"},
	} {
		if got := plain(catalogue.Locale("fr").Bytes(test.bytes)); got != test.fr {
			t.Errorf("%d bytes in French: %q, want %q", test.bytes, got, test.fr)
		}
		if got := plain(catalogue.Locale("en").Bytes(test.bytes)); got != test.en {
			t.Errorf("%d bytes in English: %q, want %q", test.bytes, got, test.en)
		}
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ part, whole, want int64 }{
		{0, 100, 0}, {1, 1000000, 1}, {999999, 1000000, 99}, {5, 5, 100}, {7, 5, 140}, {1, 0, 0}, {-3, 100, 0}, {1, 3, 33},
	} {
		if got := i18n.PercentOf(test.part, test.whole); got != test.want {
			t.Errorf("%d of %d is %d %%, want %d", test.part, test.whole, got, test.want)
		}
	}
	if got, want := open(t).Locale("fr").Percent(1, 3), "33\u00a0%"; got != want {
		t.Errorf("in French: %q, want %q", got, want)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	catalogue := open(t)
	fr, en := catalogue.Locale("fr"), catalogue.Locale("en")
	winter := time.Date(2026, time.November, 21, 13, 5, 0, 0, time.UTC)
	summer := time.Date(2026, time.July, 31, 22, 30, 0, 0, time.UTC) // already August in Paris
	for _, test := range []struct{ got, want string }{
		{fr.DateTime(winter), "21 novembre 2026 à 14 h 05"},
		{en.DateTime(winter), "21 November 2026 at 14:05"},
		{fr.DateTime(summer), "1er août 2026 à 0 h 30"},
		{en.Date(summer), "1 August 2026"},
		{fr.Short(winter), "21/11/2026 14:05"},
		{en.Short(winter), "2026-11-21 14:05"},
	} {
		if got := plain(test.got); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestAgo(t *testing.T) {
	t.Parallel()
	catalogue := open(t)
	now := time.Date(2026, time.November, 21, 13, 5, 0, 0, time.UTC)
	for _, test := range []struct {
		before time.Duration
		fr, en string
	}{
		{30 * time.Second, "à l’instant", "just now"},
		{time.Minute, "il y a 1 minute", "1 minute ago"},
		{5*time.Minute + 59*time.Second, "il y a 5 minutes", "5 minutes ago"},
		{26 * time.Hour, "il y a 1 jour", "1 day ago"},
		{90 * 24 * time.Hour, "il y a 3 mois", "3 months ago"},
		{-30 * time.Second, "dans un instant", "in a moment"},
		{-3 * time.Hour, "dans 3 heures", "in 3 hours"},
	} {
		if got := catalogue.Locale("fr").Ago(now, now.Add(-test.before)); got != test.fr {
			t.Errorf("%v before, in French: %q, want %q", test.before, got, test.fr)
		}
		if got := catalogue.Locale("en").Ago(now, now.Add(-test.before)); got != test.en {
			t.Errorf("%v before, in English: %q, want %q", test.before, got, test.en)
		}
	}
}

func TestPluralAndValues(t *testing.T) {
	t.Parallel()
	fr, en := open(t).Locale("fr"), open(t).Locale("en")
	for _, test := range []struct{ got, want string }{
		{fr.T("common.time.days", "Count", 0), "0 jour"}, // French: zero is singular
		{en.T("common.time.days", "Count", 0), "0 days"},
		{fr.T("common.time.days", "Count", 1), "1 jour"},
		{fr.T("common.time.days", "Count", 2), "2 jours"},
		{fr.T("common.time.days", "Count", 1000000), "1 000 000 jours"},
		{fr.T("common.time.ago", "Duration", i18n.M("common.time.days", "Count", 3)), "il y a 3 jours"},
		{fr.T("common.time.ago", "Duration", 90*time.Minute), "il y a 1 heure"},
		{fr.T("common.time.in", "Duration", i18n.Size(40<<30)), "dans 40 Go"},
		{fr.T("common.time.in", "Duration", i18n.Day("2026-12-01")), "dans 1er décembre 2026"},
		{fr.Text(i18n.Raw("l'{{.Name}} : tel quel")), "l'{{.Name}} : tel quel"},
		{fr.Text(i18n.Message{}), ""},
		{fr.List([]string{"a", "b", "c"}), "a, b et c"},
	} {
		if got := plain(test.got); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// A flash notice is kept in the session as JSON: its numbers come back as floats.
func TestMessageSurvivesJSON(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(i18n.M("common.time.days", "Count", 12))
	if err != nil {
		t.Fatal(err)
	}
	var back i18n.Message
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if got, want := open(t).Locale("fr").Text(back), "12 jours"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	var missing []string
	catalogue, err := i18n.New(i18n.Options{OnMissing: func(lang, key string) { missing = append(missing, lang+" "+key) }})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := catalogue.Locale("en").T("common.no-such-key"), "common.no-such-key"; got != want {
		t.Errorf("an unknown key reads %q, want %q", got, want)
	}
	catalogue.Locale("fr").T("common.time.ago") // lacks Duration
	if diff := cmp.Diff([]string{"en common.no-such-key", "fr common.time.ago"}, missing); diff != "" {
		t.Errorf("reported as missing (-want +got):\n%s", diff)
	}
}

func TestRich(t *testing.T) {
	t.Parallel()
	fr := open(t).Locale("fr")
	for _, test := range []struct {
		name string
		m    i18n.Message
		want template.HTML
	}{
		{
			"markup of the catalogue, values escaped",
			i18n.M("common.gauge.text", "Used", "<b>x</b>", "Total", "**y**", "Percent", "[z](https://example.org)"),
			"<strong>&lt;b&gt;x&lt;/b&gt;</strong> utilisés sur **y** ([z](https://example.org))",
		},
		{"typed text is never markup", i18n.Raw("**a** <i>[b](/c)"), "**a** &lt;i&gt;[b](/c)"},
	} {
		if got := fr.Rich(test.m); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestNegotiate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ asked, accept, want string }{
		{"", "", "fr"},
		{"en", "fr", "en"},
		{"fr", "en", "fr"},
		{"de", "en-GB,en;q=0.9", "en"},
		{"", "en-US,en;q=0.9,fr;q=0.8", "en"},
		{"", "fr-CA,en;q=0.9", "fr"},
		{"", "de,en;q=0.5", "en"},
		{"", "de", "fr"},
		{"", "*", "fr"},
		{"", "br,fr;q=0.4,en;q=0.3", "fr"},
		{"", ";;;q=x", "fr"},
	} {
		if got := i18n.Negotiate(test.asked, test.accept); got != test.want {
			t.Errorf("asked %q, accepting %q: %q, want %q", test.asked, test.accept, got, test.want)
		}
	}
}
