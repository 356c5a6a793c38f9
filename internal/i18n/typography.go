package i18n

import (
	"regexp"
	"strings"
)

const (
	noBreak       = "\u00a0"
	narrowNoBreak = "\u202f"
)

// untouchable finds {{.Name}}, and the target of a [link](target), which typography must leave alone.
var untouchable = regexp.MustCompile(`\{\{[^}]*\}\}|\]\([^)]*\)`)

// punctuation gives the replacements of a language, so that catalogues are typed with plain apostrophes and spaces, and no
// line of French begins with a colon. Rules: Lexique des règles typographiques en usage à l'Imprimerie nationale.
func punctuation(lang string) *strings.Replacer {
	if lang != French {
		return strings.NewReplacer("'", "’")
	}
	return strings.NewReplacer(
		" ;", narrowNoBreak+";",
		" !", narrowNoBreak+"!",
		" ?", narrowNoBreak+"?",
		" :", noBreak+":",
		" »", noBreak+"»",
		"« ", "«"+noBreak,
		" %", noBreak+"%",
		"'", "’",
	)
}

// typography turns typed punctuation into set punctuation, outside of placeholders and link targets.
func typography(set *strings.Replacer, text string) string {
	var out strings.Builder
	last := 0
	for _, at := range untouchable.FindAllStringIndex(text, -1) {
		out.WriteString(set.Replace(text[last:at[0]]))
		out.WriteString(text[at[0]:at[1]])
		last = at[1]
	}
	out.WriteString(set.Replace(text[last:]))
	return out.String()
}
