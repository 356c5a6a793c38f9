package support

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
)

// The beginnings of the local parts of addresses that only Nichoir can make.
const (
	ReplyPrefix  = "reply+"  // then a ticket and a token: answers of one person go there
	BouncePrefix = "bounce+" // then a mail and a token: its bounces go there
)

const (
	// tokenLength is how much of a token's base32 an address carries, in characters: 130 bits.
	tokenLength = 26
	// localPartMax is the longest local part, in bytes (RFC 5321, 4.5.3.1.1).
	localPartMax = 64
)

// LocalPart is prefix, id, "-" and 26 characters of base32 in lower case, an HMAC-SHA256 of the prefix, the id and whose it is
// (0 when it is nobody's in particular). Compare it in constant time.
func LocalPart(key []byte, prefix string, id, whose int64) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(prefix + strconv.FormatInt(id, 10) + "\x00" + strconv.FormatInt(whose, 10)))
	token := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil))
	return prefix + strconv.FormatInt(id, 10) + "-" + strings.ToLower(token[:tokenLength])
}

// ParseLocalPart reads the id out of such a local part, whoever made it. Mail servers may have changed its case: asMade is as
// LocalPart would have written it.
func ParseLocalPart(prefix, localPart string) (id int64, asMade string, ok bool) {
	if len(localPart) > localPartMax {
		return 0, "", false
	}
	asMade = strings.ToLower(localPart)
	rest, ok := strings.CutPrefix(asMade, prefix)
	number, token, found := strings.Cut(rest, "-")
	if !ok || !found || len(token) != tokenLength || number == "" || number[0] < '1' || number[0] > '9' {
		return 0, "", false
	}
	id, err := strconv.ParseInt(number, 10, 64)
	return id, asMade, err == nil
}
