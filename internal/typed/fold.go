package typed

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold returns s in lower case without accents and ligatures, so that what people type finds what others typed.
func Fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(norm.NFKC.String(s))) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		r = unicode.ToLower(r)
		if plain := plainLetter(r); plain != "" {
			b.WriteString(plain)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// plainLetter returns what readers see in a letter that compatibility decomposition leaves whole, "" for any other.
func plainLetter(r rune) string {
	switch r {
	case 'œ':
		return "oe"
	case 'æ':
		return "ae"
	case 'ß':
		return "ss"
	case 'þ':
		return "th"
	case 'đ', 'ð':
		return "d"
	case 'ħ':
		return "h"
	case 'ı':
		return "i"
	case 'ł':
		return "l"
	case 'ø':
		return "o"
	case 'ŧ':
		return "t"
	default:
		return ""
	}
}

// Slug returns a name as it can stand in an address, in at most so many characters of a-z, 0-9 and single dashes inside:
// "Les Œuvres d'Été" becomes "les-oeuvres-d-ete". It is cut between words where that leaves enough. A name without any Latin
// letter or digit gives "".
func Slug(name string, longest int) string {
	words := strings.FieldsFunc(Fold(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	s := strings.Join(words, "-")
	if len(s) <= longest {
		return s
	}
	cut := strings.LastIndexByte(s[:longest+1], '-')
	if cut < longest/2 {
		cut = longest
	}
	return strings.TrimRight(s[:cut], "-")
}
