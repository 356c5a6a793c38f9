// Package mail hands mails to a mail server, and reads the addresses that
// people type.
//
// It knows no service: what a mail says is its caller's. It must never put an
// address or a mail's content into an error text or a log.
package mail

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

var (
	// messageID is the dot-atom form of RFC 5322 §3.6.4, which is all we make.
	messageID = regexp.MustCompile(`^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$`)
	// foreignID is what others' programs put between the brackets: the standard's form, and what is seen beside it.
	foreignID = regexp.MustCompile(`^[!-;=?A-~]+@[!-;=?-~]+$`)
	// ownID is what MessageID makes.
	ownID    = regexp.MustCompile(`^[a-z2-7]{32}@`)
	language = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
)

// LoopHeader stands in every mail of ours with the domain of its Message-ID: one that comes back with it is not an answer.
const LoopHeader = "X-Nichoir"

const (
	// maxReferences keeps the thread's first mail and the latest ones, as RFC 5537 §3.4.4 lets a long list be cut.
	maxReferences = 20
	// maxID keeps a reference on one line of RFC 5322 §2.1.1, in bytes.
	maxID = 250
)

// Message is one mail to one recipient.
type Message struct {
	// ID is the Message-ID without its brackets; see MessageID. Required.
	ID string
	// From replaces the sender of Options; usually empty.
	From string
	// To is a bare address, as ParseAddress returns it.
	To string
	// ReplyTo is the bare address that answers go to; empty means From's.
	ReplyTo string
	// ReturnPath is the bare address that bounces go to, the sender of the SMTP envelope; empty means From's.
	ReturnPath string
	// InReplyTo is the Message-ID of the mail that this one answers, References those of its thread, oldest first; without
	// brackets, each one that IsMessageID accepts. Of a long thread the first and the latest are kept.
	InReplyTo  string
	References []string
	Subject    string
	// Text is required; HTML, when given, says the same.
	Text, HTML string
	// Lang is the language of the mail, "fr" or "en".
	Lang string
}

// MessageID derives a Message-ID, without brackets, from the key of an event
// and its recipient: sending the same news twice gives the same ID, so that
// mail programs show it once. The key cannot be read back from it.
func MessageID(key, domain string) string {
	sum := sha256.Sum256([]byte("nichoir mail\x00" + key))
	name := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20])
	return strings.ToLower(name) + "@" + domain
}

// IsOwnID reports whether an identifier, without its brackets, has the form of those that MessageID makes for one of the
// domains, in any case. The domain alone says nothing: the people of an organisation write from it as well.
func IsOwnID(id string, domains []string) bool {
	id = strings.ToLower(id)
	domain := id[strings.LastIndexByte(id, '@')+1:]
	return ownID.MatchString(id) && slices.ContainsFunc(domains, func(d string) bool { return strings.EqualFold(d, domain) })
}

// IsMessageID reports whether an identifier of anybody's mail, without its brackets, can stand in References.
func IsMessageID(id string) bool { return len(id) <= maxID && foreignID.MatchString(id) }

// build writes the header and both parts. No field can hold a line break, so
// no text of a person can become a header.
func (s *Sender) build(m Message) (*gomail.Msg, error) {
	if !messageID.MatchString(m.ID) {
		return nil, errors.New("the Message-ID is malformed")
	}
	if m.Text == "" {
		return nil, errors.New("the mail has no text part")
	}
	to, err := ParseAddress(m.To)
	if err != nil {
		return nil, fmt.Errorf("read the recipient: %w", err)
	}
	from := s.from
	if m.From != "" {
		if from, err = netmail.ParseAddress(m.From); err != nil {
			return nil, errors.New("the sender is malformed") // the cause would quote it
		}
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(&netmail.Address{Name: oneLine(from.Name), Address: from.Address})
	msg.ToMailAddress(&netmail.Address{Address: to})
	if err := m.answers(msg); err != nil {
		return nil, err
	}
	msg.Subject(oneLine(m.Subject))
	msg.SetMessageIDWithValue(m.ID)
	msg.SetDateWithValue(s.opts.Now())
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday notice in return
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")  // the same for Exchange
	msg.SetGenHeader(LoopHeader, m.ID[strings.LastIndexByte(m.ID, '@')+1:])
	if language.MatchString(m.Lang) {
		msg.SetGenHeader("Content-Language", m.Lang)
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

// answers writes where answers and bounces go, and what the mail itself answers.
func (m Message) answers(msg *gomail.Msg) error {
	if m.ReplyTo != "" {
		address, err := ParseAddress(m.ReplyTo)
		if err != nil {
			return fmt.Errorf("read the address for answers: %w", err)
		}
		msg.ReplyToMailAddress(&netmail.Address{Address: address})
	}
	if m.ReturnPath != "" {
		address, err := ParseAddress(m.ReturnPath)
		if err != nil {
			return fmt.Errorf("read the address for bounces: %w", err)
		}
		msg.EnvelopeFromMailAddress(&netmail.Address{Address: address})
	}
	if m.InReplyTo != "" {
		if !IsMessageID(m.InReplyTo) {
			return errors.New("the Message-ID of what is answered is malformed")
		}
		msg.SetGenHeader(gomail.HeaderInReplyTo, "<"+m.InReplyTo+">")
	}
	ids := m.References
	if len(ids) > maxReferences {
		ids = append([]string{ids[0]}, ids[len(ids)-maxReferences+1:]...)
	}
	for _, id := range ids {
		if !IsMessageID(id) {
			return errors.New("a Message-ID of the thread is malformed")
		}
	}
	if len(ids) > 0 {
		msg.SetGenHeader(gomail.HeaderReferences, "<"+strings.Join(ids, "> <")+">")
	}
	return nil
}

// oneLine turns every control character into a space.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}
