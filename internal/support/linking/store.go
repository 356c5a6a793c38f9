package linking

import (
	"context"
	"errors"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support"
	"nichoir/internal/support/tickets"
	"nichoir/provisioning"
)

// What a store answers when the database's state forbids what was asked. None of it leaves the service.
var (
	// ErrNotFound says that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrMoved says that a guarded update found another state.
	ErrMoved = errors.New("the state has moved on")
	// ErrHeld says that another transaction works on the row.
	ErrHeld = errors.New("another transaction holds the row")
)

// Seeker is a space with its search.
type Seeker struct {
	SpaceID    int64
	SpaceState provisioning.State
	LeadID     int64 // 0: forgotten
	LeadEmail  string
	LeadLang   string
	People     int   // expected, as the application says
	Needs      Needs // until there is a row what the application says, without Size
	Stance     Stance
	RoundAt    time.Time // the refusals of this round count from here
	AskAt      time.Time // while Later
	Seeking    bool      // somebody declined or lapsed, and the next is to be asked
}

// Place is what the lock on a provider's row guards.
type Place struct {
	ProviderID int64
	State      string // of the directory
	Resting    bool
	Capacity   int
	Taken      int // by proposed and accepted links
}

// The states of a provider that linking looks at, as the directory names them.
const (
	providerListed = "listed"
	providerPaused = "paused"
)

// helps reports whether the provider is in the directory.
func (p Place) helps() bool { return p.State == providerListed || p.State == providerPaused }

// Recipient is a member of a provider.
type Recipient struct {
	PersonID int64
	Email    string
	Lang     string
	Helps    bool // the provider is in the directory: of one that is not, nobody answers, though its people are still written to
}

// Beginning is a search to be kept.
type Beginning struct {
	SpaceID int64
	Needs   Needs
	Stance  Stance
	At      time.Time
}

// Answer is what is written with a link's new state; zero values leave what is there.
type Answer struct {
	AnsweredAt    time.Time
	AnsweredBy    int64
	DeclineReason string
	EndedAt       time.Time
	EndedBy       string
	EndReason     string
	Summary       string
	TeamReason    string
}

// Extent is what a provider may know of a space beside the link.
type Extent struct {
	Accounts int // in use
	Suite    string
}

// Due is when a proposal lapses, and when its provider is reminded; zero while the provider rests without an end.
type Due struct{ At, RemindAt time.Time }

// Pending is a proposal with its dates and the rests of its provider that could move them.
type Pending struct {
	LinkID, SpaceID, ProviderID int64
	ProposedAt                  time.Time
	Due                         Due
	Rests                       []support.Span
}

// Store is what linking needs of a database.
type Store interface {
	// InTx runs fn in one transaction, committed when it returns nil.
	InTx(ctx context.Context, fn func(Tx) error) error

	// Seekers returns the spaces of those ids that there are.
	Seekers(ctx context.Context, spaceIDs []int64) ([]Seeker, error)
	// Candidates returns all that can be proposed now: listed, not resting, with a free place. It is one query.
	Candidates(ctx context.Context, now time.Time) ([]Candidate, error)
	ProviderID(ctx context.Context, publicID string) (int64, error) // of a listed or paused one; ErrNotFound
	Members(ctx context.Context, providerID int64) ([]Recipient, error)

	Link(ctx context.Context, id int64) (Link, error)                  // ErrNotFound
	LinkByPublicID(ctx context.Context, publicID string) (Link, error) // ErrNotFound
	LinksOfSpace(ctx context.Context, spaceID int64) ([]Link, error)   // latest first
	// LinksOfSpaces is LinksOfSpace for many, by the spaces' ids.
	LinksOfSpaces(ctx context.Context, spaceIDs []int64) (map[int64][]Link, error)
	LinksOfProvider(ctx context.Context, providerID int64, in ...State) ([]Link, error)
	// Sizes returns what a provider may know of the links' spaces, by the links' ids.
	Sizes(ctx context.Context, linkIDs []int64) (map[int64]Extent, error)
	All(ctx context.Context, after int64, limit int, in ...State) ([]Link, error)
	// Unlinked returns spaces without an accepted link, latest first; with the stance "" all of them.
	Unlinked(ctx context.Context, after int64, limit int, stance Stance) ([]Unlinked, error)
	Loads(ctx context.Context, now, since time.Time) ([]Load, error)
	Figures(ctx context.Context, since time.Time) (Figures, error)

	WorkLists
}

// WorkLists are what is to be tended, at most limit of each.
type WorkLists interface {
	Unbegun(ctx context.Context, limit int) ([]int64, error)                    // ready or active spaces without a search
	Askable(ctx context.Context, now time.Time, limit int) ([]int64, error)     // "none yet" whose time has come
	Unlooked(ctx context.Context, before time.Time, limit int) ([]int64, error) // choosing, not looked at since
	SeekingNext(ctx context.Context, limit int) ([]int64, error)                // the next is to be asked
	Pendings(ctx context.Context) ([]Pending, error)                            // all proposals: places bound their number
	Overdue(ctx context.Context, now time.Time, limit int) ([]Pending, error)   // the most overdue first
	Orphans(ctx context.Context, limit int) ([]Link, error)                     // proposed or accepted, the space closing or the provider refused
	Forgettable(ctx context.Context, limit int) ([]int64, error)                // forgotten spaces with words left
}

// Tx is one transaction of a Store. Rows are locked in this order, so that no two transactions wait for each other: mailed
// link, provider, search, support link, ticket. Whoever changes a link's state has locked its space's search first.
type Tx interface {
	identity.LinkTx
	tickets.MoveTx
	Audit(ctx context.Context, e identity.Entry) error
	// AuditEach writes the same line for many subjects.
	AuditEach(ctx context.Context, e identity.Entry, subjects []int64) error
	Enqueue(ctx context.Context, j identity.Job) error
	// EnqueueLetters is Enqueue for many letters at once.
	EnqueueLetters(ctx context.Context, ls []identity.Letter) error

	// LockProvider locks the row against all that takes one of its places, and counts them. ErrNotFound.
	LockProvider(ctx context.Context, id int64, now time.Time) (Place, error)
	// Begin keeps searches and returns the spaces that had none.
	Begin(ctx context.Context, bs []Beginning) ([]int64, error)
	// LockSearch locks the space's search. ErrNotFound without one, ErrHeld when wait is false and somebody has it.
	LockSearch(ctx context.Context, spaceID int64, wait bool) (Seeker, error)
	Seekers(ctx context.Context, spaceIDs []int64) ([]Seeker, error)
	// WriteSearch writes stance, round, ask-again date and whether the next is sought.
	WriteSearch(ctx context.Context, k Seeker, now time.Time) error
	// WriteNeeds writes the needs, into the links that are alive as well.
	WriteNeeds(ctx context.Context, spaceID int64, n Needs, now time.Time) error
	// Turn moves those of the searches that stand at from and have no link alive to another stance, leaving out those that
	// somebody works on, and returns them. With to == from they are marked as looked at.
	Turn(ctx context.Context, spaceIDs []int64, from, to Stance, now time.Time) ([]int64, error)

	Link(ctx context.Context, id int64) (Link, error)                // ErrNotFound
	LinksOfSpace(ctx context.Context, spaceID int64) ([]Link, error) // latest first
	InsertLink(ctx context.Context, l Link, d Due) (int64, error)
	// Move is a guarded update. Returns ErrMoved when the link is not in the state from.
	Move(ctx context.Context, linkID int64, from, to State, a Answer) error
	// SetDue moves the dates of a proposal; it may be reminded again when the new date lies ahead. Returns ErrMoved.
	SetDue(ctx context.Context, linkID int64, d Due, now time.Time) error
	// ClaimReminder marks a proposal as reminded that is to be, and returns it. ErrNotFound when there is none.
	ClaimReminder(ctx context.Context, now time.Time) (Link, error)
	NoteProposed(ctx context.Context, providerID int64, at time.Time) error
	Members(ctx context.Context, providerID int64) ([]Recipient, error)
	// Rests returns the pauses of a provider that are not over before since.
	Rests(ctx context.Context, providerID int64, since time.Time) ([]support.Span, error)
	// ForgetWords empties all that was written about the spaces' support, and deletes the mails about it and the mailed links.
	ForgetWords(ctx context.Context, spaceIDs []int64) error
}
