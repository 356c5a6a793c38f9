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

// Received returns the outcomes that a mail can have when it was just taken in.
func Received() []string {
	return []string{string(Posted), string(Opened), string(Held), string(Bounce), string(AutoReply), string(Loop), string(Duplicate),
		string(SetAside)}
}

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
	Automatic  bool // Auto-Submitted, an empty return path…: a program wrote it
	Listed     bool // List-Id, Precedence: a list or many got it, which people's answers may carry, too
	Ours       bool // carries our own Message-ID domain or loop mark
	Failed     []Failure
}

// Failure is a line of a delivery status notification (RFC 3464).
type Failure struct {
	Address   string // Final-Recipient or Original-Recipient
	Status    string // 5.1.1
	Permanent bool   // given up; else it is delayed
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
	HasSource bool // Source gives it
}

// HeldMail is a held answer as its link shows it.
type HeldMail struct {
	ID         int64
	TicketID   int64
	Person     identity.Person // whom it says it is from
	Sender     string
	Text       string
	TicketPub  string
	Files      int
	At         time.Time
	Done       bool // it was released already
	Remembered bool // Release: the address is the person's from now on
}

// Subject is a mail that came in as the mails about it need it.
type Subject struct {
	ID          int64
	Outcome     Outcome
	Reason      string
	Sender      string // "" once forgotten
	PersonEmail string // of the person in whose name it is; "" for others
	TicketID    int64
	TicketPub   string
}

// Address is another address of a person.
type Address struct {
	ID       int64
	Email    string
	PersonID int64
	Own      string // the person's own address
}

// Trouble is a person whose address does not work.
type Trouble struct {
	Person identity.Person
	Code   string // of SMTP or RFC 3463
	At     time.Time
}

// The reasons that can be told to who wrote. Those of the reader of mails that are not among them are told as one.
const (
	ReasonTooLarge     = "too_large"
	ReasonTooManyParts = "too_many_parts"
	ReasonEncrypted    = "encrypted"
	ReasonEmpty        = "empty"
	ReasonNotYours     = "not_yours" // no reply address of ours, or no longer theirs
	ReasonRefused      = "refused"   // by the rules of tickets
)

// The other reasons, for the team.
const (
	ReasonNoSender  = "no_sender"
	ReasonUnknown   = "unknown_sender"
	ReasonWhich     = "which_space" // a helper of several spaces
	ReasonNoTicket  = "no_ticket"   // known, but helper of no space
	ReasonDelayed   = "delayed"     // a bounce that is none yet
	ReasonUnmatched = "unmatched"   // a bounce of no mail of ours
	ReasonLapsed    = "lapsed"      // held too long
	ReasonDiscarded = "discarded"   // "it was not me"
	ReasonListed    = "by_list"     // an answer that went through a list, and could be anybody's on it
	ReasonTooMany   = "too_many"    // held answers of one address, or mails of one person, in a day
)

// The templates of the mails; they refer to incoming_mails rows, LetterAdded to a person_addresses row.
const (
	LetterHeld     = "mail-held"     // to the unknown address (of the team's: to their own), with a link of PurposeHeld: your answer has not gone out
	LetterReleased = "mail-released" // to the person's own address: sent on, the address is not remembered
	LetterWhich    = "mail-which"    // to a lead of several spaces, or about no ticket: open it from the page
	LetterUnknown  = "mail-unknown"  // to an address that we do not know and that answers nothing: where help is
	LetterRefused  = "mail-refused"  // to a known person: it could not be taken, and why
	LetterAdded    = "address-added" // to the person's own address, with a link of PurposeAddress: was it you
)

// Letters returns the templates of the mails that refer to a mail that came in.
func Letters() []string {
	return []string{LetterHeld, LetterReleased, LetterWhich, LetterUnknown, LetterRefused}
}
