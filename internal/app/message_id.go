package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"nichoir/internal/identity"
	"nichoir/internal/mail"
)

// messageIDs names mails by their event and recipient, so that one sent twice has one name. Only we can make such a name up:
// events are numbered, and whoever could guess names could answer conversations that were never theirs to see, or tell us of
// bounces that never were.
func messageIDs(secretKey []byte, domain string) (func(event, recipient string) string, error) {
	key, err := identity.DeriveKey(secretKey, "message ids")
	if err != nil {
		return nil, fmt.Errorf("prepare the names of mails: %w", err)
	}
	return func(event, recipient string) string {
		mac := hmac.New(sha256.New, key)
		_, _ = mac.Write([]byte(event + "\x00" + recipient)) // a hash takes whatever it is given
		return mail.MessageID(string(mac.Sum(nil)), domain)
	}, nil
}
