package onboarding

import (
	"context"
	"errors"
	"time"

	"nichoir/internal/identity"
	"nichoir/provisioning"
)

// What a store answers when the database's state forbids what was asked. None of it leaves the service.
var (
	// ErrNotFound says that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrTaken says that the slug is held by a live application or was some space's, or that a plan has the name.
	ErrTaken = errors.New("the name is taken")
	// ErrMoved says that a guarded update found another state.
	ErrMoved = errors.New("the state has moved on")
)

// Job is work for the queue: a plain struct that names its kind.
type Job interface{ Kind() string }

// Store is what onboarding needs of a database.
type Store interface {
	// InTx runs fn in one transaction, committed when it returns nil.
	InTx(ctx context.Context, fn func(Tx) error) error

	Plans(ctx context.Context) ([]Plan, error)
	Campaigns(ctx context.Context) ([]Campaign, error)        // latest opening first
	Campaign(ctx context.Context, id int64) (Campaign, error) // ErrNotFound
	Figures(ctx context.Context, id int64) (taken, waiting int, err error)

	Application(ctx context.Context, id int64) (Application, error) // ErrNotFound
	// Earlier returns up to limit confirmed applications before the given one whose address, or what is kept of it, is the
	// same; latest first.
	Earlier(ctx context.Context, before int64, address string, hash []byte, limit int) ([]Earlier, error)
	ApplicationByFormKey(ctx context.Context, key string) (Application, error) // ErrNotFound
	Status(ctx context.Context, publicID string) (Status, error)               // ErrNotFound
	StatusesOf(ctx context.Context, personID int64) ([]Status, error)          // latest first
	TakenSlugs(ctx context.Context, among []string) ([]string, error)          // those that cannot be had
	Review(ctx context.Context, q ReviewQuery) ([]Row, error)
	// Counts returns how many applications match, by state; of a text search at most about limit, and then capped is true.
	Counts(ctx context.Context, q ReviewQuery, limit int) (counts map[State]int, capped bool, err error)

	Batch(ctx context.Context, id int64) (Batch, error) // ErrNotFound
	// Batches returns those that are not done, and the latest of those that are, latest first.
	Batches(ctx context.Context, done int) ([]Batch, error)
	BatchMembers(ctx context.Context, id int64) ([]Member, error)
	// Crowded returns the campaigns that have a free place and somebody waiting for it.
	Crowded(ctx context.Context) ([]int64, error)
}

// Tx is one transaction of a Store. Rows are locked in this order, so that no two transactions wait for each other: link,
// batch, campaigns by id, applications by id, person.
type Tx interface {
	identity.LinkTx
	identity.Counter
	Audit(ctx context.Context, e identity.Entry) error
	// AuditEach writes the same line for many subjects.
	AuditEach(ctx context.Context, e identity.Entry, subjects []int64) error
	Enqueue(ctx context.Context, j Job) error

	InsertPlan(ctx context.Context, p Plan) (int64, error) // ErrTaken
	InsertCampaign(ctx context.Context, c Campaign) (int64, error)
	// UpdateCampaign writes all of a campaign but its plan. Returns ErrMoved when there is none.
	UpdateCampaign(ctx context.Context, c Campaign) error
	// LockCampaign locks the row against everybody who counts places. Returns ErrNotFound.
	LockCampaign(ctx context.Context, id int64) (Campaign, error)
	// Taken counts the places that are held.
	Taken(ctx context.Context, campaignID int64) (int, error)

	// InsertApplication keeps a new application and returns its id; 0 when the form was sent before.
	InsertApplication(ctx context.Context, a Application, f Filing) (int64, error)
	Application(ctx context.Context, id int64) (Application, error)     // ErrNotFound
	LockApplication(ctx context.Context, id int64) (Application, error) // ErrNotFound
	// Confirm takes an unconfirmed application to the given state and claims the slug. Returns ErrTaken or ErrMoved.
	Confirm(ctx context.Context, c Confirmation) error
	// Readdress writes another address and returns how many confirmation mails that makes. Returns ErrMoved.
	Readdress(ctx context.Context, id int64, email, search string) (int, error)
	DropLinks(ctx context.Context, purpose identity.Purpose, ref int64) error
	// Move is a guarded update. Returns ErrMoved when the application is in none of the states from.
	Move(ctx context.Context, id int64, to State, from ...State) error
	// Reopen takes a rejected application back and claims the slug again. Returns ErrTaken or ErrMoved.
	Reopen(ctx context.Context, id int64, slug, search string) error
	// Promote takes up to limit applications off the waiting list, the oldest first, and returns them.
	Promote(ctx context.Context, campaignID int64, limit int) ([]Application, error)
	// Expire ends and empties up to limit applications that nobody confirmed since before, and returns their ids.
	Expire(ctx context.Context, before time.Time, limit int) ([]int64, error)
	SetMailTrouble(ctx context.Context, id int64, code string) error // ErrMoved: there is no such application
	// PersonFor returns the person known by the address, made known first where needed.
	PersonFor(ctx context.Context, email, name, lang string) (int64, error)

	BatchTx
	ForgetTx
	// CreateSpace keeps a new space with its lead's account, and the job that works on it.
	CreateSpace(ctx context.Context, s provisioning.NewSpace) error
}

// BatchTx is what a transaction can do to batches.
type BatchTx interface {
	InsertBatch(ctx context.Context, s Selection, by int64) (int64, error)
	LockBatch(ctx context.Context, id int64) (Batch, error) // ErrNotFound
	// LockSelection locks the applications and returns them, in the order of their ids.
	LockSelection(ctx context.Context, publicIDs []string) ([]Member, error)
	// LockMembers locks the applications of the batch and returns them, in the order of their ids.
	LockMembers(ctx context.Context, batchID int64) ([]Member, error)
	// Gather puts applications into the batch and writes its size.
	Gather(ctx context.Context, batchID int64, applications []int64) error
	// Scatter takes applications out of the batch and writes its size.
	Scatter(ctx context.Context, batchID int64, applications []int64) error
	DeleteBatch(ctx context.Context, id int64) error // its applications must be out
	// Decide is a guarded update of an open batch; it is released after the undo window, on the database's clock. ErrMoved.
	Decide(ctx context.Context, id, by int64, window time.Duration) error
	// Undo is a guarded update of a decided batch whose time has not come, on the database's clock. ErrMoved.
	Undo(ctx context.Context, id int64) error
	// Release is a guarded update of the decided batches whose time has come; it returns them.
	Release(ctx context.Context) ([]int64, error)
	// Stalled claims released batches in which nothing happened for the given time.
	Stalled(ctx context.Context, since time.Duration) ([]int64, error)
	// LockCampaignsOf locks the campaigns of the batch's applications and returns them.
	LockCampaignsOf(ctx context.Context, batchID int64) ([]Campaign, error)
	// Remaining locks up to limit applications of the batch that are in one of the states, and returns them.
	Remaining(ctx context.Context, batchID int64, limit int, in ...State) ([]Application, error)
	// Settle takes applications to approved or rejected.
	Settle(ctx context.Context, applications []int64, to State, reason string) error
	Progress(ctx context.Context, batchID int64) error // notes that something happened
	Finish(ctx context.Context, batchID int64) error   // guarded; ErrMoved
}

// Filing is what is kept beside a new application.
type Filing struct {
	FormKey string
	Search  string // folded text
	TermsAt time.Time
}

// Confirmation is the end of an application's first state.
type Confirmation struct {
	ID       int64
	To       State
	PersonID int64
	Slug     string
	Search   string
	At       time.Time
}
