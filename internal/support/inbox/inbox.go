// Package inbox takes the mails that come in: it keeps each once, in one transaction with what it becomes (a message, a ticket,
// a held answer, a bounce), and never loses one.
//
// STATES.md beside this file holds the table of outcomes and what a crash between any two lines does.
//
// It must never read a mailbox or parse a mail itself, send on what an unknown address wrote without being told to, or answer a
// machine.
package inbox

import (
	"time"

	"nichoir/internal/identity"
)

// Outcome is what became of a mail.
type Outcome string

// The outcomes.
const (
	Posted    Outcome = "posted"     // a message of a ticket
	Opened    Outcome = "opened"     // a new ticket
	Held      Outcome = "held"       // from an address that we do not know: waits for "it is me"
	Released  Outcome = "released"   // was held, is posted
	Bounce    Outcome = "bounce"     // told that an address does not work
	AutoReply Outcome = "auto_reply" // a holiday notice and the like
	Loop      Outcome = "loop"       // our own, come back
	Duplicate Outcome = "duplicate"  // kept before, under another number
	SetAside  Outcome = "set_aside"  // cannot be taken; Reason says why
	Dropped   Outcome = "dropped"    // was held too long, or refused by hand
)

// Place is where a mail lay.
type Place struct {
	Mailbox     string
	UIDValidity uint32
	UID         uint32
}

// File is an attachment of a mail.
type File struct {
	Name    string
	Content []byte
}

// Letter is a mail as it was read. Its fields are what it claims.
type Letter struct {
	Place      Place
	Raw        []byte // nil: too large to be fetched
	Size       int64
	Digest     [32]byte // SHA-256 of Raw; of the header and size when too large
	Trouble    string   // a bounded code when it could not be read ("too_large", "too_many_parts", "malformed"…); "" else
	MessageID  string   // without brackets
	References []string // In-Reply-To and References, without brackets
	From       string   // one bare address; "" when there is none or several
	FromName   string
	To         []string // every bare address of To, Cc, Delivered-To, X-Original-To
	Subject    string
	Text       string // what was written: quotes and signature cut, HTML reduced to text
	Files      []File
	Cut        bool // text or attachments were left out (too long, too large, too many)
	Automatic  bool // Auto-Submitted, Precedence, an empty return path…
	Ours       bool // carries our own Message-ID domain or loop mark
	Failed     []Failure
	SentAt     time.Time
}

// Failure is a line of a delivery status notification (RFC 3464).
type Failure struct {
	Address   string // Final-Recipient or Original-Recipient
	Status    string // 5.1.1
	Permanent bool
	MessageID string // of the mail that came back, without brackets; "" unknown
}

// Kept is a mail with what became of it, for the team.
type Kept struct {
	ID        int64
	Outcome   Outcome
	Reason    string
	Sender    string
	Subject   string
	Size      int64
	TicketID  int64
	TicketPub string
	At        time.Time
}

// HeldMail is a held answer as its link shows it.
type HeldMail struct {
	ID       int64
	TicketID int64
	Person   identity.Person // whom it says it is from
	Sender   string
	Text     string
	Files    int
	At       time.Time
	Done     bool // it was released already
}

// The templates of the mails; they refer to incoming_mails rows, LetterAdded to a person_addresses row.
const (
	LetterHeld     = "mail-held"     // to the unknown address, with a link of PurposeHeld: your answer has not gone out
	LetterWhich    = "mail-which"    // to a lead of several spaces, or about no ticket: open it from the page
	LetterUnknown  = "mail-unknown"  // to an address that we do not know and that answers nothing: where help is
	LetterTooLarge = "mail-refused"  // to a known person: it could not be taken, and why
	LetterAdded    = "address-added" // to the person's own address, with a link of PurposeAddress: was it you
)
