package provisioning

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestLoginFor(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Camille Martin":                 "camille.martin",
		"Cœur Lætitia":                   "coeur.laetitia",
		"Ångström Strauß":                "angstrom.strauss",
		"Jean-Pierre D'Aubigné":          "jean-pierre.daubigne",
		"l’été":                          "lete",
		"Zoë   Lefèvre ":                 "zoe.lefevre",
		"Nguyễn Thị Đào":                 "nguyen.thi.dao",
		"😀 Alex 😀 Roux":                  "alex.roux",
		"🦆🦆":                             "membre",
		"\u6f22\u5b57":                   "membre",
		"":                               "membre",
		"X":                              "membre",
		"-.-'":                           "membre",
		"O'Neill & Fils, 2e":             "oneill.fils.2e",
		"\u202eCamille\u202c Martin":     "camille.martin",
		"Ma\u200drie":                    "ma.rie",
		"ＦＵＬＬ Ｗｉｄｔｈ":                     "full.width",
		strings.Repeat("abcdefghi ", 20): "abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcdefghi",
		"a\xffb":                         "a.b",
	} {
		if got := loginFor(name); got != want {
			t.Errorf("the login for %q is %q, not %q", name, got, want)
		}
	}
}

func TestMountPointFor(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 200)
	for name, want := range map[string]string{
		"Les Canards du Lac":          "Les Canards du Lac",
		"Cafe\u0301":                  "Café",
		"  Un\tdeux\n trois ":         "Un deux trois",
		"Culture/Sport":               "Culture-Sport",
		".Caché.":                     "Caché",
		"...":                         "asso",
		"":                            "asso",
		"\u202e":                      "asso",
		"A\u202eB":                    "A B",
		"\u6f22\u5b57":                "\u6f22\u5b57",
		"🦆 Canards":                   "🦆 Canards",
		"Documents":                   "Documents (asso)",
		"DOCUMENTS":                   "DOCUMENTS (asso)",
		"Modèles":                     "Modèles (asso)",
		"Talk":                        "Talk (asso)",
		"sp-canards":                  "sp-canards (asso)",
		"Association d'à côté, œ":     "Association d'à côté, œ",
		long:                          strings.Repeat("é", 100),
		strings.Repeat("\u6f22", 200): strings.Repeat("\u6f22", 80),
	} {
		if got := mountPointFor(name, "asso"); got != want {
			t.Errorf("the mount point for %q is %q, not %q", name, got, want)
		}
	}
	if got := withSlug(strings.Repeat("🦆", 99), "asso"); utf8.RuneCountInString(got) > maxMountPoint || len(got) > maxMountBytes || !strings.HasSuffix(got, " (asso)") {
		t.Errorf("a long name with its slug is %q", got)
	}
}

func TestKeptQuota(t *testing.T) {
	t.Parallel()
	const kib, mib, gib = 1 << 10, 1 << 20, 1 << 30
	for given, want := range map[int64]int64{
		0: 0, 1: 1, 1023: 1023, kib: kib, kib + 1: kib, mib: mib, 100 * mib: 100 * mib, 101 * mib: 101 * mib,
		100*mib + 100*kib: 104962458 /* "100.1 MB" */, 1000 * mib: 1000 * mib, 1500 * mib: 1536 * mib /* "1.5 GB" */, gib: gib,
		40 * gib: 40 * gib, 1024*mib + mib: gib, 2048 * gib: 2048 * gib,
	} {
		if got := keptQuota(given); got != want {
			t.Errorf("of %d bytes %d are kept, not %d", given, got, want)
		}
		if kept := (Plan{PersonalBytes: given}).Kept(); kept != (given == want) {
			t.Errorf("%d bytes are kept: %v", given, kept)
		}
	}
}

func FuzzLoginFor(f *testing.F) {
	for _, name := range []string{"Camille Martin", "œ-ß", "\u202e", "a-'b", "\u6f22", "İ", "ﬁ"} {
		f.Add(name)
	}
	good := regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,58}[a-z0-9])$`)
	f.Fuzz(func(t *testing.T, name string) {
		if login := loginFor(name); !good.MatchString(login) {
			t.Errorf("the login for %q is %q", name, login)
		}
	})
}

func FuzzMountPointFor(f *testing.F) {
	for _, name := range []string{"Les Canards", "a/b", ".", "\u202e", "Documents", "e\u0301", "sp-x", "\u0301", "a\x00b", "Talk "} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, got := range mountPoints(Space{Name: name, Slug: "asso"}) {
			switch {
			case got == "", utf8.RuneCountInString(got) > maxMountPoint, len(got) > maxMountBytes, !utf8.ValidString(got):
				t.Errorf("for %q: empty, long or broken: %q", name, got)
			case strings.ContainsAny(got, "/\\"), strings.ContainsFunc(got, unicode.IsControl):
				t.Errorf("for %q: a character that must not be: %q", name, got)
			case strings.Trim(got, ". ") != got:
				t.Errorf("for %q: an outer dot or space: %q", name, got)
			case !norm.NFC.IsNormalString(got):
				t.Errorf("for %q: not in NFC: %q", name, got)
			}
		}
	})
}
