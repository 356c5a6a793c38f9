package mail

import "nichoir/internal/i18n"

// ReplyMarker is the line above which people answer, in the language of the mail: what stands below it in an answer is a
// quote. Both languages have to be looked for, since an answer may quote a mail of the other side.
func ReplyMarker(lang string) string {
	if lang == i18n.English {
		return "— Reply above this line —"
	}
	return "— Répondez au-dessus de cette ligne —"
}
