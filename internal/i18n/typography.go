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

// french sets the spaces of French punctuation, so that catalogues are typed with plain spaces and lines never begin with
// a colon. Rules: Lexique des règles typographiques en usage à l'Imprimerie nationale.
var french = strings.NewReplacer(
	" ;", narrowNoBreak+";",
	" !", narrowNoBreak+"!",
	" ?", narrowNoBreak+"?",
	" :", noBreak+":",
	" »", noBreak+"»",
	"« ", "«"+noBreak,
	" %", noBreak+"%",
	"'", "’",
)

var english = strings.NewReplacer("'", "’")

// typography turns typed punctuation into set punctuation, outside of placeholders and link targets.
func typography(lang, text string) string {
	replacer := english
	if lang == French {
		replacer = french
	}
	var out strings.Builder
	rest := text
	for _, at := range untouchable.FindAllStringIndex(text, -1) {
		start := at[0] - (len(text) - len(rest))
		out.WriteString(replacer.Replace(rest[:start]))
		out.WriteString(text[at[0]:at[1]])
		rest = text[at[1]:]
	}
	out.WriteString(replacer.Replace(rest))
	return out.String()
}
