package support

import "regexp"

var (
	// linkToken is the secret of a link that we mailed, however a mail program wrote its address again.
	linkToken = regexp.MustCompile(`(?i)((?:/|%2F)lien(?:/|%2F)[a-z-]+(?:/|%2F))[0-9a-z_-]{20,}`)
	// addressToken is the secret of an address that answers or bounces of one person come to.
	addressToken = regexp.MustCompile(`(?i)((?:reply|bounce)(?:\+|%2B)[0-9]+-)[a-z2-7]{26}`)
)

// WithoutSecrets is a text for others to read without the secrets that only its author was mailed. Who answers below a mail of
// ours quotes them, and who asks why a link does not work pastes it: others could sign in, choose a password or answer in their
// name.
func WithoutSecrets(text string) string {
	return addressToken.ReplaceAllString(linkToken.ReplaceAllString(text, "$1…"), "$1…")
}
