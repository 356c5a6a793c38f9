package i18n

import "golang.org/x/text/language"

// Negotiate chooses the language of an answer. asked is what the address or the session asks for ("" if nothing) and wins
// when Nichoir speaks it; accept is the Accept-Language header. French answers whoever asks for neither language.
func Negotiate(asked, accept string) string {
	if Known(asked) {
		return asked
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return French // A header nobody can read is no preference.
	}
	matcher := language.NewMatcher([]language.Tag{language.French, language.English})
	_, index, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return French
	}
	return Languages()[index]
}
