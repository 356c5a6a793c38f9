package provisioning

import (
	"context"
	"errors"
	"time"
)

// What a store answers when the database's state forbids what was asked.
var (
	// ErrHeld says that another worker holds the space's lease.
	ErrHeld = errors.New("the space is held by another worker")
	// ErrLost says that the lease has expired and somebody else may hold it: nothing more may be written under it.
	ErrLost = errors.New("the lease is lost")
	// ErrNoSlot says that as many workers as its limit allows are on the host.
	ErrNoSlot = errors.New("the host has no free slot")
	// ErrNotFound says that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrTaken says that the login, mount point or address is another's; the transaction can go on.
	ErrTaken = errors.New("the name is taken")
	// ErrRaced says that somebody took it in the same moment: the transaction has failed and can be run again.
	ErrRaced = errors.New("somebody was quicker")
	// ErrMoved says that a guarded update found another state.
	ErrMoved = errors.New("the state has moved on")
)

// Lease is the right to work on a space until it expires. Number grows with each lease, so that a worker that slept
// through its own can write nothing afterwards.
type Lease struct {
	SpaceID int64
	Holder  string
	Number  int64
}

// Slot is a place among those who may work on a host at once.
type Slot struct {
	HostID int64
	Number int
	Holder string
}

// Held is what the database says while it renews a lease: the state that the space has now, whatever the worker believes,
// and how its host does.
type Held struct {
	Now      time.Time // on the database's clock
	State    State
	Health   Health        // of the host; "" without one
	Pause    time.Duration // nobody is to call the host for so long; not positive: it may be called
	Failures int           // of the host, in a row
}

// StepState is what is known of a step's effect.
type StepState string

// The states of a step. Absence means that nothing was ever asked for.
const (
	Intended StepState = "intended" // about to be asked, or asked with an unknown outcome
	Refused  StepState = "refused"  // asked, and known to have had no effect
	Done     StepState = "done"
)

// Step is the record of one idempotent effect.
type Step struct {
	AccountID int64 // 0: the space's own
	Name      string
	State     StepState
	Intent    string // the exact id that was asked for
	Doubted   bool   // Space.RecheckAt counts from a time after its call of unknown outcome
	Attempts  int
	LastCause Cause // of the last failure, "" when there was none
	StartedAt time.Time
	DoneAt    time.Time // zero until done
}

// Job is work for the queue: a plain struct that names its kind.
type Job interface{ Kind() string }

// Entry is one line of the audit trail.
type Entry struct {
	ActorID   int64  // 0: Nichoir itself, or the operator
	Operator  bool   // done at the command line, by nobody whom Nichoir knows
	Action    string // e.g. "space.ready"
	Subject   string // "space", "account" or "host"
	SubjectID int64
	Data      map[string]any // never names, addresses or secrets
}

// Store is what provisioning needs of a database. Leases, slots and pauses run on the database's clock, since workers on
// several machines compare them.
type Store interface {
	// InTx runs fn in one transaction, committed when it returns nil.
	InTx(ctx context.Context, fn func(Tx) error) error

	// AcquireLease takes the space for holder. Returns ErrHeld while another lease is valid, ErrNotFound without a space.
	AcquireLease(ctx context.Context, spaceID int64, holder string, ttl time.Duration) (Lease, error)
	// ReleaseLease gives it back; a lease that is no longer ours is left alone.
	ReleaseLease(ctx context.Context, l Lease) error
	// AcquireSlot takes a free slot of the host; personal ones are kept for what a person waits for. Returns ErrNoSlot.
	AcquireSlot(ctx context.Context, hostID int64, holder string, personal bool, ttl time.Duration) (Slot, error)
	// ReleaseSlot gives it back.
	ReleaseSlot(ctx context.Context, s Slot) error

	Space(ctx context.Context, id int64) (Space, error)
	SpaceByPublicID(ctx context.Context, publicID string) (Space, error)
	// NextTry is when the space may be worked on again; not positive when it may now. The host's pause counts.
	NextTry(ctx context.Context, id int64) (time.Duration, error)
	Steps(ctx context.Context, spaceID int64) ([]Step, error)
	Accounts(ctx context.Context, spaceID int64) ([]Account, error)
	Account(ctx context.Context, id int64) (Account, error)
	// ActiveAccounts are the active ones of an address, in all spaces.
	ActiveAccounts(ctx context.Context, email string) ([]Account, error)
	Reading(ctx context.Context, spaceID int64) (Reading, error)
	Trail(ctx context.Context, spaceID int64) ([]TrailLine, error)

	Host(ctx context.Context, id int64) (Host, error)
	HostByName(ctx context.Context, name string) (Host, error)
	Hosts(ctx context.Context) ([]Host, error)
	// HostsToProbe are the hosts that were away and whose pause is over.
	HostsToProbe(ctx context.Context) ([]int64, error)
	SpacesOf(ctx context.Context, personID int64) ([]Space, error)
	SpacesList(ctx context.Context, f SpaceFilter) ([]SpaceLine, error)
	FailureGroups(ctx context.Context) ([]FailureGroup, error)
	// ReadingKeys are the living spaces of a host with what a sweep joins them by.
	ReadingKeys(ctx context.Context, hostID int64) ([]ReadingKey, error)
}

// Tx is one transaction of a Store.
type Tx interface {
	Audit(ctx context.Context, e Entry) error
	Enqueue(ctx context.Context, j Job) error

	// Hold renews the lease and its slot, locks the space's row and says how space and host stand. Returns ErrLost when the
	// lease or the slot is no longer ours.
	Hold(ctx context.Context, l Lease, s Slot, ttl time.Duration) (Held, error)
	// LockSpace locks the row of a space that is not worked on by the caller and returns it as it stands.
	LockSpace(ctx context.Context, publicID string) (Space, error)
	// SetSpaceState is a guarded update. Returns ErrMoved when the space is in none of the states from.
	SetSpaceState(ctx context.Context, id int64, to State, from ...State) error
	SetGroupMade(ctx context.Context, id int64, made bool) error
	SetFolder(ctx context.Context, id, folderID int64) error   // 0: none
	SetFolderBytes(ctx context.Context, id, bytes int64) error // -1: unknown
	SetTwins(ctx context.Context, id int64, may bool) error
	// Recheck says when to look once more at what a call of unknown outcome may have done, and which quota of the folder it
	// may set until then (0: none); the larger of several counts. ClearRecheck says that it was done.
	Recheck(ctx context.Context, id int64, after time.Duration, lateBytes int64) error
	ClearRecheck(ctx context.Context, id int64) error
	// SetMountPoint chooses the name that people see. Returns ErrTaken or ErrRaced.
	SetMountPoint(ctx context.Context, id int64, mountPoint string) error
	Block(ctx context.Context, id int64, b Blocked) error
	Unblock(ctx context.Context, id int64) error
	// Postpone says when to try the space again.
	Postpone(ctx context.Context, id int64, by time.Duration) error
	// UnblockAll unblocks every space of the host (0: of none yet) that is blocked for the cause, and returns their ids.
	UnblockAll(ctx context.Context, hostID int64, cause Cause) ([]int64, error)
	// Due claims up to limit spaces that have something to do and are held by nobody, and returns their ids. hostID 0: any.
	Due(ctx context.Context, hostID int64, limit int) ([]int64, error)

	// PickHost locks and returns the open and healthy host that offers what the space asks for with the lowest fill.
	// Returns ErrNotFound when there is none.
	PickHost(ctx context.Context, suite Suite, lang string) (Host, error)
	Place(ctx context.Context, spaceID, hostID int64) error

	Step(ctx context.Context, spaceID int64, s Step) error // writes the whole record

	AddAccount(ctx context.Context, a Account, by int64) (int64, error) // ErrTaken: the address is a member's already
	// SetLogin chooses the login of an account. Returns ErrRaced.
	SetLogin(ctx context.Context, accountID, hostID int64, login string) error
	// Logins returns the logins of the host that begin with prefix, in lower case.
	Logins(ctx context.Context, hostID int64, prefix string) ([]string, error)
	AccountsOf(ctx context.Context, spaceID int64) ([]Account, error)
	ReadingOf(ctx context.Context, spaceID int64) (Reading, error)   // ErrNotFound
	SetAccount(ctx context.Context, id int64, u AccountUpdate) error // ErrMoved
	// Fulfil ends what was wanted of an account, unless something else is wanted meanwhile.
	Fulfil(ctx context.Context, id int64, was Wanted) error
	// Prolong renews the time an invitation has.
	Prolong(ctx context.Context, id int64, until time.Time) error
	SetMailTrouble(ctx context.Context, accountID int64, code string) error // ErrMoved: there is no such account
	// Lapsing returns invitations that nobody answered in time.
	Lapsing(ctx context.Context, limit int) ([]Account, error)

	AddHost(ctx context.Context, h Host) (int64, error) // ErrTaken
	UpdateHost(ctx context.Context, h Host) error       // what a check found; not health, not lifecycle
	SetLifecycle(ctx context.Context, hostID int64, to Lifecycle, from ...Lifecycle) error
	SetSecret(ctx context.Context, hostID int64, sealed []byte) error
	ReplaceSecret(ctx context.Context, hostID int64, old, sealed []byte) error // nothing, when it is not old any more
	// SetHealth writes health and, for the ones that heal, until when nobody calls the host. It reports whether it changed.
	SetHealth(ctx context.Context, hostID int64, to Health, pause time.Duration) (changed bool, err error)
	// CountFailure counts answers of 5xx or none, in a row, and returns the count; ResetFailures is its end.
	CountFailure(ctx context.Context, hostID int64) (int, error)
	ResetFailures(ctx context.Context, hostID int64) error

	SetReading(ctx context.Context, spaceID int64, r Reading) error
	SetReadings(ctx context.Context, rs []SpaceReading) error
	DropReading(ctx context.Context, spaceID int64) error
	ForgetTx
	// ClaimPassword lets nobody else set the account's password until FreePassword, or for ttl after a crash. ErrMoved while
	// somebody else does.
	ClaimPassword(ctx context.Context, accountID int64, ttl time.Duration) error
	FreePassword(ctx context.Context, accountID int64) error
	// LinkStands reports whether a link was neither used nor ended by another one.
	LinkStands(ctx context.Context, linkID int64) (bool, error)
	// SpendLink marks a link as used, and ends the other links to the password of its account: an older mail must not
	// replace what was chosen since. ErrMoved when it was spent before.
	SpendLink(ctx context.Context, linkID int64) error
}

// AccountUpdate is a guarded change of an account: From must be its state. Nil fields stay.
type AccountUpdate struct {
	From   []AccountState
	State  *AccountState
	Made   *bool
	Wanted *Wanted
}

// SpaceReading is a reading of one space.
type SpaceReading struct {
	SpaceID int64
	Reading
}

// ReadingKey joins a space with its folder and group on the host.
type ReadingKey struct {
	SpaceID  int64
	FolderID int64
	GroupID  string
}
