package directory

import (
	"context"
	"errors"
	"time"

	"nichoir/internal/identity"
)

// What a store answers when the database's state forbids what was asked. None of it leaves the service.
var (
	// ErrNotFound says that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrTaken says that another provider has the slug, or had it.
	ErrTaken = errors.New("the slug is taken")
)

// Store is what the directory needs of a database. Providers come without their projects.
type Store interface {
	// InTx runs fn in one transaction, committed when it returns nil.
	InTx(ctx context.Context, fn func(Tx) error) error

	// Listing returns the listed and paused providers, with the text in which each is searched.
	Listing(ctx context.Context, now time.Time) ([]Listing, error)
	Provider(ctx context.Context, id int64, now time.Time) (Provider, error)              // ErrNotFound
	ByPublicID(ctx context.Context, publicID string, now time.Time) (Provider, error)     // ErrNotFound
	BySlug(ctx context.Context, slug string, now time.Time) (Provider, error)             // ErrNotFound
	ByFormKey(ctx context.Context, key string, now time.Time) (Provider, error)           // ErrNotFound
	InStates(ctx context.Context, states []State, now time.Time) ([]Provider, error)      // confirmed ones, the first confirmed first
	Memberships(ctx context.Context, personID int64, now time.Time) ([]Membership, error) // listed and paused ones
	Projects(ctx context.Context, providerID int64) ([]Project, error)                    // latest year first
	// PublicProjects returns the projects that everybody may read of each of the providers, latest year first, without the proof.
	PublicProjects(ctx context.Context, providerIDs []int64) (map[int64][]Project, error)
	Notes(ctx context.Context, providerID int64) ([]Note, error)                                // oldest first
	Members(ctx context.Context, providerID int64) ([]Member, error)                            // managers first, by name
	Pauses(ctx context.Context, providerID int64, notOverAt time.Time) ([]Pause, error)         // the first to begin first
	Tendable(ctx context.Context, now, confirmedBefore, askedBefore time.Time) ([]int64, error) // see Tend
}

// Listing is a provider of the public directory with the text in which it is searched, folded.
type Listing struct {
	Provider Provider
	Search   string
}

// Tx is one transaction of a Store. Rows are locked in this order, so that no two transactions wait for each other: mailed
// link, provider, ticket, person.
type Tx interface {
	identity.LinkTx
	identity.Counter
	Audit(ctx context.Context, e identity.Entry) error
	Enqueue(ctx context.Context, j identity.Job) error

	// Lock locks the provider's row against all that changes it or takes one of its places. Returns ErrNotFound.
	Lock(ctx context.Context, id int64, now time.Time) (Provider, error)
	// SlugsLike returns the slugs that are the base, or the base with something after a dash.
	SlugsLike(ctx context.Context, base string) ([]string, error)
	// Insert keeps a new provider and returns its id; 0 when the form was sent before. Returns ErrTaken.
	Insert(ctx context.Context, p Provider, formKey, search string) (int64, error)
	// Drop deletes an application with its mails and links. Returns ErrNotFound when its address is confirmed, or it is gone: the
	// transaction must end then.
	Drop(ctx context.Context, id int64) error
	Confirm(ctx context.Context, id int64, at time.Time) error
	// Decide writes the state that the team gives, Listed or Refused, with the reason for the latter.
	Decide(ctx context.Context, id int64, to State, reason string, at time.Time) error
	// DropWebhooks deletes the provider's webhooks with their secrets, deliveries and mails: nothing is told to its tools any more.
	DropWebhooks(ctx context.Context, id int64) error
	// Rest writes Paused or Listed.
	Rest(ctx context.Context, id int64, to State) error
	// Question writes the team's question; "" when it is answered.
	Question(ctx context.Context, id int64, question string, at time.Time) error
	Write(ctx context.Context, id int64, p Profile, search string) error
	SetCapacity(ctx context.Context, id int64, places int) error
	ProfileAsked(ctx context.Context, id int64, at time.Time) error
	ProfileConfirmed(ctx context.Context, id int64, at time.Time) error

	// InsertNote keeps a line of the exchange and returns its id; 0 when the form was sent before.
	InsertNote(ctx context.Context, providerID int64, formKey string, n Note) (int64, error)
	Projects(ctx context.Context, providerID int64) ([]Project, error)
	InsertProject(ctx context.Context, providerID int64, p Project) error
	DeleteProject(ctx context.Context, providerID, id int64) error

	Members(ctx context.Context, providerID int64) ([]Member, error)
	// PersonFor returns the person known by the address, made known first where needed.
	PersonFor(ctx context.Context, email, name, lang string) (int64, error)
	// PutMember makes the person a member under that name, or writes what the member may do.
	PutMember(ctx context.Context, providerID int64, m Member) error
	// InviteMember writes when a member was invited again.
	InviteMember(ctx context.Context, providerID, personID int64, at time.Time) error
	Join(ctx context.Context, providerID, personID int64, at time.Time) error
	DeleteMember(ctx context.Context, providerID, personID int64) error
	// ReleaseTickets makes nobody's what the person looks after of the tickets that the provider holds, and returns their ids.
	// It waits for whoever changes one of them.
	ReleaseTickets(ctx context.Context, providerID, personID int64) ([]int64, error)

	Pauses(ctx context.Context, providerID int64, notOverAt time.Time) ([]Pause, error)
	InsertPause(ctx context.Context, providerID int64, p Pause) error
	DeletePause(ctx context.Context, id int64) error
	// EndPause writes the end of a rest that began before.
	EndPause(ctx context.Context, id int64, at time.Time) error

	ForgetTx
}

// ForgetTx is what a transaction can forget.
type ForgetTx interface {
	// DropUnconfirmed deletes up to limit applications whose address nobody confirmed since before, with their mails and links,
	// and returns their ids.
	DropUnconfirmed(ctx context.Context, before time.Time, limit int) ([]int64, error)
	// LockForgettable locks up to limit refused ones that were decided before, and returns their ids in order.
	LockForgettable(ctx context.Context, before time.Time, limit int) ([]int64, error)
	// Forget empties a refused provider of what tells who was behind it, deletes its notes, members, mails and links, and the
	// people to whom nothing else refers.
	Forget(ctx context.Context, id int64) error
}
