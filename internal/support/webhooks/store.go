package webhooks

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
	// ErrMoved says that a guarded update found another state, or that somebody else holds the row.
	ErrMoved = errors.New("the state has moved on")
)

// Job is work for the queue: a plain struct that names its kind.
type Job interface{ Kind() string }

// Store is what webhooks need of a database.
type Store interface {
	// InTx runs fn in one transaction, committed when it returns nil.
	InTx(ctx context.Context, fn func(Tx) error) error

	// Membership returns the provider of the public id to which the person belongs, and whether as a manager. ErrNotFound.
	Membership(ctx context.Context, providerPublicID string, personID int64) (providerID int64, manager bool, err error)
	Webhooks(ctx context.Context, providerID int64) ([]Webhook, error)               // oldest first
	Webhook(ctx context.Context, providerID int64, publicID string) (Webhook, error) // ErrNotFound
	// ByID returns a webhook with its provider's public id. ErrNotFound.
	ByID(ctx context.Context, id int64) (w Webhook, provider string, err error)
	Deliveries(ctx context.Context, webhookID int64, q Page) ([]Delivery, error) // latest first
	// Due returns up to limit pending deliveries of webhooks that are on, due and held by nobody since before late.
	Due(ctx context.Context, late time.Time, limit int) ([]int64, error)
	Forget(ctx context.Context, before time.Time, limit int) (int, error) // deliveries that were made before
	// SealedOtherwise returns the secrets that do not begin with the header.
	SealedOtherwise(ctx context.Context, header []byte) ([]Secret, error)
	// ReplaceSecret writes a secret sealed anew, unless it is another one by now.
	ReplaceSecret(ctx context.Context, old Secret, sealed []byte) error
}

// Secret is a webhook's, sealed.
type Secret struct {
	WebhookID int64
	Sealed    []byte
}

// Page is a part of a log.
type Page struct {
	After string // public id of the last one seen; "": from the newest
	Limit int
}

// Tx is one transaction of a Store. Rows are locked in this order: provider, webhook, delivery.
type Tx interface {
	Audit(ctx context.Context, e identity.Entry) error
	Enqueue(ctx context.Context, j Job) error

	// LockWebhooks locks the provider's row and returns its webhooks. ErrNotFound once it is refused.
	LockWebhooks(ctx context.Context, providerID int64) ([]Webhook, error)
	InsertWebhook(ctx context.Context, providerID int64, w Webhook, sealed []byte) (int64, error)
	// LockWebhook locks the row. ErrNotFound.
	LockWebhook(ctx context.Context, providerID int64, publicID string) (Webhook, error)
	LockByID(ctx context.Context, id int64) (Webhook, error) // ErrNotFound
	SetSecret(ctx context.Context, id int64, sealed []byte) error
	// SetState writes the state of a locked webhook, and since when it fails.
	SetState(ctx context.Context, w Webhook) error
	// DeleteWebhook forgets a webhook with its deliveries, and the mails about it.
	DeleteWebhook(ctx context.Context, id int64) error

	// ListenersOf returns the webhooks of the provider that are on.
	ListenersOf(ctx context.Context, providerID int64) ([]int64, error)
	// InsertDelivery keeps a delivery and returns its id; 0 when the webhook has one of that event.
	InsertDelivery(ctx context.Context, d NewDelivery) (int64, error)
	// Claim holds a pending delivery of a webhook that is on and whose time has come until the time. ErrMoved.
	Claim(ctx context.Context, id int64, now, until time.Time) (Attempted, error)
	// EndAttempt writes what became of a held delivery, and gives it back. ErrMoved when another took it meanwhile.
	EndAttempt(ctx context.Context, e Ended) error
	// Replay makes a delivery pending again, and due now. ErrNotFound; ErrMoved for one that is due or held.
	Replay(ctx context.Context, webhookID int64, publicID string, now time.Time) (int64, error)
	// Managers returns who manages the provider.
	Managers(ctx context.Context, providerID int64) ([]identity.Person, error)
}

// NewDelivery is an event that is to be told to one webhook.
type NewDelivery struct {
	PublicID  string
	WebhookID int64
	EventKey  string
	Type      string
	Payload   []byte
	At        time.Time
}

// Attempted is a delivery that is held for one attempt.
type Attempted struct {
	ID           int64
	PublicID     string
	Payload      []byte
	Attempts     int // before this one
	ProviderID   int64
	WebhookID    int64
	URL          string
	Secret       []byte    // sealed
	ClaimedUntil time.Time // tells this attempt from one that took over
}

// Ended is the end of an attempt.
type Ended struct {
	Attempted Attempted
	State     DeliveryState
	Status    int
	Cause     string
	NextTry   time.Time // while pending
	At        time.Time
}
