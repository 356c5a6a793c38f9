package mail

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// ErrAddress is wrapped by every error of ParseAddress. What was typed is not
// in the error's text.
var ErrAddress = errors.New("not an e-mail address")

var (
	// localPart is RFC 5321's dot-string. Quoted local parts exist in standards
	// rather than in mailboxes, and open the door to confusion.
	localPart = regexp.MustCompile("^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")
	// topLevel has a letter: an all-digit one would be an IPv4 address.
	topLevel = regexp.MustCompile(`^[a-z0-9-]*[a-z][a-z0-9-]*$`)
)

const (
	maxAddress = 254 // RFC 3696 erratum 1690: what fits an SMTP path
	maxLocal   = 64  // RFC 5321 §4.5.3.1.1
)

// ParseAddress reads one address from a form and returns the form that we keep:
// lower case, the domain in ASCII (école.fr becomes xn--cole-9oa.fr). Read
// again, it gives itself. It accepts neither a display name nor a quoted local
// part, nor accents before the @, where they are a slip of the keyboard.
//
// Lower-casing the local part departs from RFC 5321 §2.4, which no mail service
// of today relies on: phones capitalise the first letter of what is typed.
func ParseAddress(typed string) (string, error) {
	s := norm.NFC.String(strings.TrimSpace(strings.ToValidUTF8(typed, "\uFFFD")))
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return "", fmt.Errorf("%w: no @", ErrAddress)
	}
	local, domain := strings.ToLower(s[:at]), s[at+1:]
	if len(local) > maxLocal || !localPart.MatchString(local) {
		return "", fmt.Errorf("%w: malformed before the @", ErrAddress)
	}
	domain, err := asciiDomain(domain)
	if err != nil {
		return "", err
	}
	address := local + "@" + domain
	if len(address) > maxAddress {
		return "", fmt.Errorf("%w: longer than %d bytes", ErrAddress, maxAddress)
	}
	return address, nil
}

func asciiDomain(domain string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return "", fmt.Errorf("%w: malformed domain", ErrAddress) // idna's text quotes it
	}
	last := strings.LastIndexByte(ascii, '.')
	if last <= 0 || net.ParseIP(ascii) != nil || !topLevel.MatchString(ascii[last+1:]) {
		return "", fmt.Errorf("%w: incomplete domain", ErrAddress)
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > 63 {
			return "", fmt.Errorf("%w: malformed domain", ErrAddress)
		}
	}
	return ascii, nil
}
