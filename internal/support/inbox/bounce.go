package inbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
)

const (
	bouncePrefix = "bounce+"
	replyPrefix  = "reply+"
	// tokenLen is how much of a token's base32 an address carries: 130 bits.
	tokenLen = 26
)

// BounceAddress is the local part of the address to which a mail's bounces go: bounce+<id of the mail>-<26 base32 characters>.
// The token shows that the mail was ours: nobody else can tell us that an address does not work.
func BounceAddress(key []byte, mailID int64) string {
	return bouncePrefix + strconv.FormatInt(mailID, 10) + "-" + bounceToken(key, mailID)
}

// ParseBounce reads such a local part, in any case, and reports false when the token is not ours.
func ParseBounce(key []byte, localPart string) (mailID int64, ok bool) {
	localPart = strings.ToLower(localPart)
	rest, ok := strings.CutPrefix(localPart, bouncePrefix)
	number, _, found := strings.Cut(rest, "-")
	if !ok || !found || len(key) == 0 {
		return 0, false
	}
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id <= 0 || !hmac.Equal([]byte(localPart), []byte(BounceAddress(key, id))) {
		return 0, false
	}
	return id, true
}

func bounceToken(key []byte, mailID int64) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("bounce\x00" + strconv.FormatInt(mailID, 10)))
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil))
	return strings.ToLower(text[:tokenLen])
}

// Bounced is a job: a mail of ours came back for good. The queue notes it where it notes a refusal of the mail server.
type Bounced struct {
	MailID int64  `json:"mail_id"`
	Code   string `json:"code"` // RFC 3463's
}

// Kind names the job for the queue.
func (Bounced) Kind() string { return "mail_bounced" }
