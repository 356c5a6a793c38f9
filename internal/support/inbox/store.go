package inbox

import (
	"context"
	"errors"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support/tickets"
)

// ErrNotFound is what a store answers when there is no such row. It never leaves the service.
var ErrNotFound = errors.New("not found")

// Store is what the inbox needs of a database.
type Store interface {
	// InTx runs fn in one transaction, committed when it returns nil.
	InTx(ctx context.Context, fn func(Tx) error) error

	Subject(ctx context.Context, mailID int64) (Subject, error) // ErrNotFound
	Held(ctx context.Context, mailID int64) (HeldRow, error)    // ErrNotFound
	AddressByID(ctx context.Context, id int64) (Address, error) // ErrNotFound
	// Addresses returns the other addresses of a person, by name.
	Addresses(ctx context.Context, personID int64) ([]Address, error)
	// Kept returns mails below the id (0: from the newest), latest first; outcomes none: all.
	Kept(ctx context.Context, after int64, limit int, outcomes []Outcome) ([]Kept, error)
	// Source returns a mail of one of the outcomes as it came. ErrNotFound when it is kept no longer.
	Source(ctx context.Context, mailID int64, outcomes []Outcome) ([]byte, error)
	Troubles(ctx context.Context, limit int) ([]Trouble, error) // latest first
	// Forget empties up to limit mails that came before, but for those that are held, and returns how many.
	Forget(ctx context.Context, before time.Time, limit int) (int, error)
	// DropHeld drops up to limit answers that are held since before, and returns how many.
	DropHeld(ctx context.Context, before time.Time, limit int) (int, error)
}

// Tx is one transaction of a Store. Rows are locked in this order: mailed link, incoming mail, then what tickets lock.
type Tx interface {
	tickets.Tx
	identity.LinkTx
	identity.Counter

	// InsertMail keeps a mail that nothing became of yet and returns its id; 0 when one of that place is kept. Copies of one
	// mail are inserted one after the other: the second waits here until the first is committed.
	InsertMail(ctx context.Context, l Letter, at time.Time) (int64, error)
	OutcomeAt(ctx context.Context, p Place) (Outcome, error) // ErrNotFound
	// Earlier returns another mail of the same digest, not itself a duplicate. Returns ErrNotFound.
	Earlier(ctx context.Context, digest [32]byte, not int64) (Earlier, error)
	// EndMail writes what became of a mail.
	EndMail(ctx context.Context, id int64, e End) error
	InsertFile(ctx context.Context, mailID int64, f File) error
	DropFiles(ctx context.Context, mailID int64) error
	// LockHeld locks the mail and returns it, without its files' contents. Returns ErrNotFound.
	LockHeld(ctx context.Context, mailID int64) (HeldRow, error)
	Files(ctx context.Context, mailID int64) ([]File, error)

	// PeopleOf returns who is known by the address, be it their own or another one of theirs; whose own it is first.
	PeopleOf(ctx context.Context, address string) ([]identity.Person, error)
	// TicketsOfMails returns the tickets of the conversations in which one of the Message-IDs stands, latest first, each once
	// for everybody who got or wrote such a mail.
	TicketsOfMails(ctx context.Context, messageIDs []string) ([]Knower, error)
	// MailSentTo returns the mail of ours with that Message-ID and recipient. Returns ErrNotFound.
	MailSentTo(ctx context.Context, messageID, recipient string) (int64, error)
	// BounceMail notes that a mail came back for good; false when that is known.
	BounceMail(ctx context.Context, mailID int64, code string) (bool, error)
	// ClearTrouble forgets that mails to the person's address came back.
	ClearTrouble(ctx context.Context, address string) error

	// AddAddress gives a person another address and returns its row; 0 when it is theirs already, or somebody's own.
	AddAddress(ctx context.Context, personID int64, address string, at time.Time) (int64, error)
	AddressByID(ctx context.Context, id int64) (Address, error) // ErrNotFound
	// DropAddress reports false when there is none.
	DropAddress(ctx context.Context, id int64) (bool, error)
	// DropOwnAddress is DropAddress for one of the person's.
	DropOwnAddress(ctx context.Context, personID int64, address string) (bool, error)
}

// Knower is somebody who knows the Message-ID of a mail about a ticket: it was written to them, or by them.
type Knower struct{ TicketID, PersonID int64 } // PersonID 0: nobody who is known still

// Earlier is a mail that came before.
type Earlier struct{ TicketID, MessageID int64 }

// End is what became of a mail.
type End struct {
	Outcome   Outcome
	Reason    string
	TicketID  int64
	PersonID  int64  // held: in whose name
	MessageID int64  // of the ticket
	Body      string // held
	DropRaw   bool   // it is kept elsewhere
}

// HeldRow is a held answer as it is kept.
type HeldRow struct {
	HeldMail

	Outcome   Outcome
	Digest    [32]byte
	MessageID string
}
