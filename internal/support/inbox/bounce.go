package inbox

import (
	"crypto/hmac"

	"nichoir/internal/support"
)

// BounceAddress is the local part of the address to which a mail's bounces go: bounce+<id of the mail>-<26 base32 characters>.
// The token shows that the mail was ours: nobody else can tell us that an address does not work.
func BounceAddress(key []byte, mailID int64) string {
	return support.LocalPart(key, support.BouncePrefix, mailID, 0)
}

// ParseBounce reads such a local part, in any case, and reports false when the token is not ours.
func ParseBounce(key []byte, localPart string) (mailID int64, ok bool) {
	mailID, localPart, ok = support.ParseLocalPart(support.BouncePrefix, localPart)
	if !ok || len(key) == 0 || !hmac.Equal([]byte(localPart), []byte(BounceAddress(key, mailID))) {
		return 0, false
	}
	return mailID, true
}

// Bounced is a job: a mail of ours came back for good. The queue notes it where it notes a refusal of the mail server.
type Bounced struct {
	MailID int64  `json:"mail_id"`
	Code   string `json:"code"` // RFC 3463's
}

// Kind names the job for the queue.
func (Bounced) Kind() string { return "mail_bounced" }
