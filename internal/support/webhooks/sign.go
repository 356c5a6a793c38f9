package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"time"
)

// The headers of Standard Webhooks (https://www.standardwebhooks.com, specification 1.0.0).
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

const (
	secretPrefix = "whsec_"
	// secretBytes is within the 24 to 64 bytes that the specification asks for.
	secretBytes = 32
)

// newSecret makes a secret and the form in which people copy it.
func newSecret(random io.Reader) (secret []byte, shown string, err error) {
	secret = make([]byte, secretBytes)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, "", fmt.Errorf("make a webhook's secret: %w", err)
	}
	return secret, secretPrefix + base64.StdEncoding.EncodeToString(secret), nil
}

// Sign returns the signature header of a body: "v1," and the base64 HMAC-SHA256 of id, Unix seconds and body, joined by dots.
func Sign(secret []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
