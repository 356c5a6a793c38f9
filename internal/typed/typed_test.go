package typed_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"nichoir/internal/typed"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"  Les \t Amis\n du   canal ": "Les Amis du canal",
		"e\u0301cole":                 "école",
		"a\u202eb\u200bc\x00d\xffe":   "abcde",
		"\u2800\u3164 \u0301":         "",
		"👩\u200d🌾":                    "👩\u200d🌾",
		"\u0300\xae":                  "", // an accent and a byte that is none's: nothing is seen
		"e\u200b\u0301cole":           "école",
	} {
		if got := typed.Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParagraphs(t *testing.T) {
	t.Parallel()
	if got, want := typed.Paragraphs(" \r\nUn.\r\n\r\nDeux\x07.\n "), "Un.\n\nDeux."; got != want {
		t.Errorf("Paragraphs = %q, want %q", got, want)
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Les Œuvres d'ÉTÉ": "les oeuvres d'ete", "Straße": "strasse", "İzmir Łódź": "izmir lodz", "ﬁn": "fin", "Помощь": "помощь",
	} {
		if got := typed.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		longest int
		want    string
	}{
		{"Les Œuvres d'Été", 60, "les-oeuvres-d-ete"}, {"!?", 60, ""}, {"Помощь", 60, ""},
		{"un deux trois", 12, "un-deux"}, {"un deux-trois", 4, "un"}, {"interminable", 5, "inter"},
	} {
		if got := typed.Slug(c.name, c.longest); got != c.want {
			t.Errorf("Slug(%q, %d) = %q, want %q", c.name, c.longest, got, c.want)
		}
	}
}

func TestFormKey(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{
		strings.Repeat("a", 16): true, strings.Repeat("Z", 64): true, "abc-DEF_012345678": true,
		strings.Repeat("a", 15): false, strings.Repeat("a", 65): false, "abcdefghijklmnop\n": false, "abcdefghijklmnopé": false, "": false,
	} {
		if got := typed.FormKey(key); got != want {
			t.Errorf("FormKey(%q) = %t", key, got)
		}
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{"Les Amis", " e\u0301 \u202e", "\xff\x00", "a\r\nb", "\u2028", "\u0344\u0300", "\u0300\xae", "e\u200b\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for what, kept := range map[string]string{"Line": typed.Line(s), "Paragraphs": typed.Paragraphs(s)} {
			if !utf8.ValidString(kept) || kept != strings.TrimSpace(kept) {
				t.Errorf("%s(%q) = %q", what, s, kept)
			}
			if strings.ContainsFunc(kept, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
				t.Errorf("%s(%q) = %q holds a control character", what, s, kept)
			}
		}
		if again := typed.Line(typed.Line(s)); again != typed.Line(s) {
			t.Errorf("Line(%q) = %q, and of that %q", s, typed.Line(s), again)
		}
	})
}
