package onboarding_test

import (
	"strings"
	"testing"

	"nichoir/internal/onboarding"
)

func TestSlugify(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"Les Œuvres d’Été":        "les-oeuvres-d-ete",
		"ÆTHER & Cie":             "aether-cie",
		"Straßenfest":             "strassenfest",
		"L'ﬁn du ﬂeuve":           "l-fin-du-fleuve",
		"Ünïcödé ½":               "unicode-1-2",
		"  --  deux  tirets --  ": "deux-tirets",
		"Søren Łódź Đà":           "soren-lodz-da",
		"Ǿre Ǽro":                 "ore-aero",
		"Association n° 3":        "association-n-3",
		"日本語":                     "",
		"":                        "",
		"Ω 42":                    "42",
		"e\u0301cole":             "ecole",
		"İstanbul":                "istanbul",
		strings.Repeat("a", 60):   strings.Repeat("a", 40),
		"Amicale des pêcheurs à la ligne du canal de Nantes à Brest": "amicale-des-pecheurs-a-la-ligne-du-canal",
	}
	for name, want := range cases {
		if got := onboarding.Slugify(name); got != want {
			t.Errorf("Slugify(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzSlugify(f *testing.F) {
	for _, s := range []string{"Les Œuvres d’Été", "", "---", "İ", "\xff", "ß", strings.Repeat("é-", 50)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		s := onboarding.Slugify(name)
		if len(s) >= 3 && !onboarding.ValidSlug(s) {
			t.Errorf("Slugify(%q) = %q, which is no slug", name, s)
		}
		if len(s) > 40 {
			t.Errorf("Slugify(%q) = %q, which is too long", name, s)
		}
		if again := onboarding.Slugify(s); again != s {
			t.Errorf("Slugify(%q) = %q, and of that %q", name, s, again)
		}
	})
}

func TestValidSlug(t *testing.T) {
	t.Parallel()
	cases := map[string]bool{
		"abc": true, "a-b": true, "123": true, "les-amis-2": true, strings.Repeat("a", 40): true,
		"": false, "ab": false, strings.Repeat("a", 41): false, "-abc": false, "abc-": false, "a--b": false,
		"Abc": false, "été": false, "a_b": false, "a b": false, "abc\n": false,
	}
	for s, want := range cases {
		if got := onboarding.ValidSlug(s); got != want {
			t.Errorf("ValidSlug(%q) = %v", s, got)
		}
	}
}

func TestSlugFree(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	b.confirmed(t, 1) // holds les-amis-1
	b.apply(t, form(2))
	long := strings.Repeat("a", 39) + "b"
	b.exec(t, `UPDATE applications SET slug = $1 WHERE slug = 'les-amis-1'`, long)
	b.confirmed(t, 3)
	cases := []struct {
		slug     string
		free     bool
		proposal string
	}{
		{"les-amis-1", true, ""},
		{"les-amis-2", true, ""}, // unconfirmed: nothing is claimed
		{"les-amis-3", false, "les-amis-3-asso"},
		{long, false, strings.Repeat("a", 35) + "-asso"},
		{"admin", false, "admin-asso"},
		{"ab", false, "ab-asso"},
		{"Les Amis !", false, "les-amis"},
		{"Les Amis 3", false, "les-amis-3-asso"},
		{"日本語", false, "asso-2"},
	}
	for _, c := range cases {
		free, proposal, err := b.SlugFree(t.Context(), c.slug)
		if err != nil || free != c.free || proposal != c.proposal {
			t.Errorf("SlugFree(%q) = %v, %q, %v; want %v, %q", c.slug, free, proposal, err, c.free, c.proposal)
		}
	}
}
