package tickets

import (
	"context"
	"errors"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support"
	"nichoir/provisioning"
)

// What a store answers when the database's state forbids what was asked. None of it leaves the service.
var (
	// ErrNotFound says that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrMoved says that a guarded update found another state.
	ErrMoved = errors.New("the state has moved on")
)

// Row is a ticket as it is kept. Its Answer and Solution are empty: they follow from the two promises.
type Row struct {
	Ticket
	FormKey     string
	OpenedByID  int64 // 0: forgotten
	ConsentByID int64
	AnsweredAt  time.Time // zero: nobody did
	Answering   Promise
	Solving     Promise
	// Reckoned is the mark of the pauses that the promises' times were reckoned with.
	Reckoned     string
	WaitingSince time.Time // zero unless Waiting
	Nudges       int       // that the space got since
	SpaceState   provisioning.State
	EmptiedAt    time.Time // zero: it still tells what it was about
	TakenOverAt  time.Time // since when its provider holds it; zero: from the beginning
}

// Promise is a promise in working time as it is kept.
type Promise struct {
	Left       time.Duration // when its clock began to run, or since it stands; negative: too late
	Worked     time.Duration // of the spans that ended
	Since      time.Time     // zero: it stands
	Due        time.Time     // zero: it stands, or a pause has no end
	RemindAt   time.Time     // zero: as Due, or it was done
	RemindedAt time.Time
}

// Line is a message as it is kept.
type Line struct {
	Message
	TicketID   int64
	FormKey    string
	AuthorID   int64 // 0: Nichoir, or forgotten
	ProviderID int64
	MailID     string
}

// Helper is somebody who asks in a space's name.
type Helper struct {
	State   provisioning.State
	MayHelp bool // is its lead, or a co-lead whose account lives
	Lead    bool
}

// Member is somebody who may take part in a ticket.
type Member struct {
	Participant
	Lead  bool // of the space
	Wrote bool // in it, or opened it
}

// Holding is a provider's present tenure of a ticket.
type Holding struct {
	ProviderID int64
	AfterID    int64 // it sees messages with a greater id
	Summary    string
}

// Pauses are those of a provider, with a mark that differs when they do.
type Pauses struct {
	Spans []support.Span
	Mark  string
}

// Query is a Filter that the service has completed.
type Query struct {
	Filter
	Number      int64 // that Text begins with; 0: none, and no ticket's
	Now         time.Time
	ForProvider bool // its member reads: titles of the time before are not looked through
}

// Rows is what is read of tickets, the same in a transaction and outside of one.
type Rows interface {
	// TicketRow returns a ticket, with the words that its lists show. Returns ErrNotFound.
	TicketRow(ctx context.Context, id int64) (Row, error)
	// TicketHelper says what the person is to the space. Returns ErrNotFound when there is no such space.
	TicketHelper(ctx context.Context, spaceID, personID int64) (Helper, error)
	// TicketMembers returns who may take part: the lead and the co-leads, the team, the members of the provider that holds it.
	// Somebody who is several of these is the first of them: the team stays the team, whomever a provider names as its members.
	// Of a provider that is not in the directory nobody takes part.
	TicketMembers(ctx context.Context, id int64) ([]Member, error)
	// TicketHolding returns the present tenure. Returns ErrNotFound when the ticket is no provider's.
	TicketHolding(ctx context.Context, id int64) (Holding, error)
	// TicketPauses returns the pauses of each of the providers; nothing for those that have none.
	TicketPauses(ctx context.Context, providers []int64) (map[int64]Pauses, error)
	// TicketLine returns a message without its files. Returns ErrNotFound.
	TicketLine(ctx context.Context, id int64) (Line, error)
}

// Tx is what posting into a ticket needs of a transaction; other services' transactions offer it too. Rows are locked in this
// order, so that no two transactions wait for each other: mailed link, provider, search and support links of the space,
// ticket, person. Who locks a provider must do so FOR NO KEY UPDATE: a new ticket's foreign key asks for it later.
type Tx interface {
	Rows
	Audit(ctx context.Context, e identity.Entry) error
	Enqueue(ctx context.Context, j identity.Job) error

	// LockTicketLinks holds the space's search and its support links as they are until the transaction ends, and returns the
	// provider of the accepted one; 0: none, or it is not in the directory.
	LockTicketLinks(ctx context.Context, spaceID int64) (providerID int64, err error)
	// LockTicket locks the row and returns it. Returns ErrNotFound.
	LockTicket(ctx context.Context, id int64) (Row, error)
	// InsertTicket keeps a new ticket and returns its number; 0 when its key is there.
	InsertTicket(ctx context.Context, r Row) (int64, error)
	// TicketByKey returns the ticket that the form made. Returns ErrNotFound.
	TicketByKey(ctx context.Context, formKey string) (Row, error)
	// UpdateTicket writes all that can change of a ticket that is in the given state. Returns ErrMoved.
	UpdateTicket(ctx context.Context, r Row, in State) error
	// InsertTicketLine keeps a message and returns its id; 0 when its key is there.
	InsertTicketLine(ctx context.Context, l Line) (int64, error)
	// TicketLineByKey returns the message that was sent with the key. Returns ErrNotFound.
	TicketLineByKey(ctx context.Context, formKey string) (Line, error)
	InsertTicketFile(ctx context.Context, lineID int64, f File) error
	// TicketNoted reports whether the person wrote such an internal note in the ticket.
	TicketNoted(ctx context.Context, id, personID int64, body string) (bool, error)
	// LastTicketLine returns the id of the ticket's latest message, 0 when there is none.
	LastTicketLine(ctx context.Context, id int64) (int64, error)
	BeginTenure(ctx context.Context, ticketID int64, h Holding, at time.Time) error
	// EndTenure ends the present tenure, when there is one.
	EndTenure(ctx context.Context, ticketID int64, at time.Time) error
	// TicketWasHeld reports whether the ticket was ever a provider's.
	TicketWasHeld(ctx context.Context, id int64) (bool, error)
}

// MoveTx is what a change of provider needs of a transaction; linking's offers it.
type MoveTx interface {
	Tx
	// LockTicketsOf locks all tickets of the space and returns them in the order of their ids.
	LockTicketsOf(ctx context.Context, spaceID int64) ([]Row, error)
}

// DeskTx is one transaction of a Store.
type DeskTx interface {
	MoveTx
	identity.LinkTx
	// PersonFor returns the person known by the address, made known first where needed.
	PersonFor(ctx context.Context, email, name, lang string) (int64, error)

	// LockColeadAccount holds a living account of the space's members as it is. Returns ErrNotFound when there is none.
	LockColeadAccount(ctx context.Context, spaceID, accountID int64) (ColeadAccount, error)
	// InsertColead reports false when the person is one already.
	InsertColead(ctx context.Context, spaceID, accountID, personID int64) (bool, error)
	// DeleteColead reports false when there was none.
	DeleteColead(ctx context.Context, spaceID, accountID int64) (bool, error)

	TendTx
}

// TendTx is what a transaction can do to what is due. Each locks up to limit tickets, those that somebody else holds left out.
type TendTx interface {
	// LockReckonable returns running tickets whose provider's pauses have changed since their times were reckoned.
	LockReckonable(ctx context.Context, limit int) ([]Row, error)
	// LockRemindable returns those with a promise that is worth a reminder.
	LockRemindable(ctx context.Context, now time.Time, limit int) ([]Row, error)
	// LockNudgeable returns those that wait for the association for a week after each nudge, and had fewer than most.
	LockNudgeable(ctx context.Context, now time.Time, most, limit int) ([]Row, error)
	// LockSettled returns those that were solved before, and still are.
	LockSettled(ctx context.Context, before time.Time, limit int) ([]Row, error)
	// EmptyTickets empties up to limit tickets of forgotten spaces: title, texts, files, mails and links; and forgets the
	// co-leads of those spaces. It returns the ids.
	EmptyTickets(ctx context.Context, now time.Time, limit int) ([]int64, error)
}

// ColeadAccount is the account of a member who becomes a co-lead.
type ColeadAccount struct{ Email, Name, Lang string }

// Store is what tickets need of a database.
type Store interface {
	Rows
	// InTx runs fn in one transaction, committed when it returns nil.
	InTx(ctx context.Context, fn func(DeskTx) error) error

	TicketID(ctx context.Context, publicID string) (int64, error) // ErrNotFound
	// LinkedName returns the name of the provider to which the space is linked; "": none that is in the directory.
	LinkedName(ctx context.Context, spaceID int64) (string, error)
	// Lines returns the messages after an id with their files' descriptions, oldest first.
	Lines(ctx context.Context, ticketID, after int64, internal bool) ([]Line, error)
	// File returns a file of the ticket with its content and the message that it is part of. Returns ErrNotFound.
	File(ctx context.Context, ticketID, fileID int64) (File, Line, error)
	// List returns tickets, the most urgent first; of a space those that changed last.
	List(ctx context.Context, q Query) ([]Row, error)
	Counts(ctx context.Context, q Query) (map[State]int, error)
	// IsMember reports whether the person belongs to the provider, and it is in the directory.
	IsMember(ctx context.Context, providerID, personID int64) (bool, error)
	// FilesOf returns the files of a message without their content.
	FilesOf(ctx context.Context, lineID int64) ([]File, error)
	// LastLine returns the id of the ticket's latest message, 0 when there is none.
	LastLine(ctx context.Context, ticketID int64) (int64, error)
	// FirstLine returns the id of the ticket's first message. Returns ErrNotFound.
	FirstLine(ctx context.Context, ticketID int64) (int64, error)
	// Thread returns the Message-IDs of what the recipient got (by its events) and wrote before a message, oldest first.
	Thread(ctx context.Context, ticketID, before int64, p identity.Person) ([]string, error)

	Coleads(ctx context.Context, spaceID int64) ([]Colead, error)
	ColeadSpaces(ctx context.Context, personID int64) ([]string, error)
	// PeopleByAddress returns those whose own or other address it is; whose own it is first.
	PeopleByAddress(ctx context.Context, address string) ([]identity.Person, error)
	// HelpedSpaces returns the spaces, not closed, for which the person may ask for help.
	HelpedSpaces(ctx context.Context, personID int64) ([]int64, error)
	Figures(ctx context.Context, now time.Time) (Figures, error)
	Times(ctx context.Context, since, now time.Time) (Times, error)
}
