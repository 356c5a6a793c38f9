package identity

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"io"
)

// tokenBytes makes a token that cannot be guessed, and needs no slow hash for that reason.
const tokenBytes = 32

// NewToken returns a secret for a link or a session: 43 characters that need no escaping in a URL or a cookie. random is
// crypto/rand.Reader outside of tests.
func NewToken(random io.Reader) (string, error) {
	b := make([]byte, tokenBytes)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// publicAlphabet is lower-case letters and digits, so that public ids can be read out on the telephone.
const publicAlphabet = "abcdefghjkmnpqrstvwxyz0123456789"

// NewPublicID returns 100 random bits as 20 characters: the opaque name of a row in addresses, where knowing it may be the
// right to see it.
func NewPublicID(random io.Reader) (string, error) {
	var b [13]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("make a public id: %w", err)
	}
	return base32.NewEncoding(publicAlphabet).WithPadding(base32.NoPadding).EncodeToString(b[:])[:20], nil
}

// HashToken is what is kept of a token. Rows are found by it: how long a comparison of hashes takes tells nothing of the
// token.
func HashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
