// Package incoming reads mail: it fetches what lies in an IMAP mailbox and finds in a mail what a person wrote.
//
// Whatever a mail holds, reading it takes bounded work, and gives something: what cannot be read is named by a Trouble
// beside what could. It must never delete a mail, answer one, believe what one says of its sender, or put an address, a
// password or a mail's content into an error text.
package incoming

import (
	"strings"
)

// The bounds of one mail. What a person writes stays far below them.
const (
	maxHeader   = 64 << 10 // bytes of one header
	maxParts    = 100
	maxDepth    = 10
	maxText     = 20_000   // characters of what was written, after cutting
	maxRead     = 250_000  // the same, before cutting: beyond it a text is no answer to anything
	maxSource   = 1 << 20  // bytes of one text before it is reduced and cut
	maxSources  = 3 << 20  // the same of all texts together
	maxFiles    = 5        // attachments
	maxFile     = 10 << 20 // bytes of one attachment
	maxFailures = 50       // lines of one bounce
	maxIDs      = 100      // identifiers of one header
	maxAddress  = 100      // addresses of one mail
)

// Trouble is the reason why a mail could not be read as a whole. It is a bounded code, fit for a metric.
type Trouble string

// The troubles.
const (
	TooLarge       Trouble = "too_large"        // not fetched: only its header is known
	HeaderTooLarge Trouble = "header_too_large" // above 64 KB
	TooManyParts   Trouble = "too_many_parts"   // above 100
	TooDeep        Trouble = "too_deep"         // parts in parts, above 10
	Malformed      Trouble = "malformed"        // it has no header
	Encrypted      Trouble = "encrypted"        // only its recipient's key opens it, and we have none
)

// Options say who we are.
type Options struct {
	// Domains are those of our own Message-IDs and loop marks; what carries one is ours. A Message-ID
	// of theirs that is not of our form is somebody's who writes from there.
	Domains []string
}

// Mail is a mail as it was read. Every field is what the mail claims.
type Mail struct {
	// Trouble is why it could not be read as a whole; empty for a mail that was. The other fields hold what could be read.
	Trouble Trouble
	// MessageID stands without its brackets, empty when there is none that IsMessageID of package mail accepts.
	MessageID string
	// References are those of In-Reply-To and References, without brackets, oldest first, each once.
	References []string
	// From is the one bare address, in lower case; empty when there is none or several.
	From     string
	FromName string
	// To is every bare address of To, Cc, and the fields in which servers note where they delivered a mail, each once.
	To      []string
	Subject string
	// Text is what was written: quotes and signature are cut, HTML is reduced to text.
	Text  string
	Files []File
	// Cut tells that text or attachments were left out, being too long, too large or too many.
	Cut bool
	// Automatic tells that a program wrote it: a holiday notice, a bounce, a receipt.
	Automatic bool
	// Listed tells that it came by a list or in bulk, and perhaps nothing else: people write through lists, too, and some
	// hosts mark all that leaves them.
	Listed bool
	// Ours tells that we wrote it ourselves, and it came back.
	Ours bool
	// Failed are the addresses that a bounce names. Anybody can forge one: match them with what was sent.
	Failed []Failure
}

// File is an attachment.
type File struct {
	// Name has no folder and no control character, and is never empty.
	Name string
	// Type is what the mail says it is, such as "image/png"; never believe it.
	Type    string
	Content []byte
}

// Failure is what a delivery status notification (RFC 3464), or a bounce older than that, says of one address.
type Failure struct {
	// Address is the one that was written to, in lower case.
	Address string
	// Status is the code of RFC 3463, such as "5.1.1"; empty when unknown.
	Status string
	// Permanent tells that the mail was given up. The status may be of class 4 all the same: a mailbox that is full for days.
	Permanent bool
	// MessageID is that of the mail that came back, without brackets; empty when unknown.
	MessageID string
}

// Parse reads a mail from its source, or as much of it as can be read.
func Parse(raw []byte, o Options) Mail {
	source, body, ok := splitHeader(raw)
	h := readHeader(source)
	m := readEnvelope(h, o)
	if !ok {
		m.Trouble, m.Cut = HeaderTooLarge, true
		return m
	}
	if h.Len() == 0 {
		m.Trouble = Malformed
		return m
	}
	w := &walk{budget: maxParts}
	root := w.entity(h, body, 0)
	m.Trouble = w.trouble
	if m.Trouble == TooManyParts || m.Trouble == TooDeep {
		m.Cut = true
		return m // half a tree would pass for the whole
	}
	m.Failed = bounce(h, root.text, w.reports)
	m.Automatic = m.Automatic || len(m.Failed) > 0 || w.report
	m.Files, m.Cut = w.attachments()
	text, whole := limit(root.text, maxRead)
	text, short := limit(cutAnswer(text, m.Subject), maxText)
	m.Text = text
	m.Cut = m.Cut || w.cut || !whole || !short
	return m
}

// ParseHeader reads a mail of which only the header was fetched, because it is too large.
func ParseHeader(raw []byte, o Options) Mail {
	source, _, _ := splitHeader(raw)
	m := readEnvelope(readHeader(source), o)
	m.Trouble, m.Cut = TooLarge, true
	return m
}

// limit cuts a text at so many characters and reports whether it was whole.
func limit(text string, characters int) (string, bool) {
	count := 0
	for i := range text {
		if count == characters {
			return strings.TrimSpace(text[:i]), false
		}
		count++
	}
	return text, true
}
