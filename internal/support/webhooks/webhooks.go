// Package webhooks tells providers' own tools what happens: signed as Standard Webhooks asks, tried again with growing pauses,
// logged, and replayed by hand.
//
// STATES.md beside this file holds the table of states and what a crash between any two lines does.
//
// It must never reach a private, loopback or link-local address, follow a redirect, or send a name, an address or a text.
package webhooks

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support"
)

var errUnwritten = errors.New("not written")

// State is whether a webhook is told.
type State string

// The states of a webhook.
const (
	On      State = "on"
	Paused  State = "paused"  // by hand
	Failing State = "failing" // by itself, after days of failure
)

// Webhook is an address in a provider's tool.
type Webhook struct {
	ID           int64
	PublicID     string
	URL          string
	State        State
	FailingSince time.Time
	CreatedAt    time.Time
}

// DeliveryState is what became of a delivery.
type DeliveryState string

// The states of a delivery.
const (
	Pending   DeliveryState = "pending"
	Delivered DeliveryState = "delivered"
	Failed    DeliveryState = "failed" // given up; can be replayed
)

// Delivery is one event told to one webhook.
type Delivery struct {
	PublicID    string // the webhook-id header
	Type        string
	State       DeliveryState
	Attempts    int
	Status      int    // HTTP, of the last attempt; 0: no answer
	Cause       string // a bounded code: "", "status", "timeout", "refused_address", "tls", "connection", "redirect"
	Payload     []byte
	CreatedAt   time.Time
	NextTry     time.Time
	DeliveredAt time.Time
}

// LetterFailing is the mail to the provider's managers when a webhook pauses by itself; it refers to the webhook.
const LetterFailing = "webhook-failing"

// Options are what a Service is made of.
type Options struct {
	Store    Store
	Identity Identity
	Seal     identity.Sealer
	Clock    func() time.Time
	Rand     io.Reader
	// Client sends; nil: one that refuses inner addresses at dial time, follows no redirect and gives up after 15 s.
	Client *http.Client
	// Link is the address of a ticket's or link's page, from its public id.
	Link func(e support.Event) string
	// GiveUp is how long failures may last before the webhook pauses by itself; 0: 5 days.
	GiveUp time.Duration
	// Inner lets inner addresses be reached: for demonstrations and tests alone.
	Inner bool
}

// Store is what webhooks need of a database.
type Store interface{}

// Identity is what webhooks need of identity.
type Identity interface{}

// Service is webhooks.
type Service struct{ opts Options }

// New returns the service.
func New(o Options) *Service { return &Service{opts: o} }

// Of returns the webhooks of a provider, for its managers.
func (s *Service) Of(ctx context.Context, providerPublicID string, by identity.Person) ([]Webhook, error) {
	return nil, errUnwritten
}

// Add makes one and returns its secret ("whsec_…"), which is shown once. problem.Invalid (field "url") for what is not https or
// plainly an inner address; at most five for a provider.
func (s *Service) Add(ctx context.Context, providerPublicID, url string, by identity.Person) (Webhook, string, error) {
	return Webhook{}, "", errUnwritten
}

// Rotate makes a new secret, shown once.
func (s *Service) Rotate(ctx context.Context, providerPublicID, webhookPublicID string, by identity.Person) (string, error) {
	return "", errUnwritten
}

// Switch pauses (on false) or resumes.
func (s *Service) Switch(ctx context.Context, providerPublicID, webhookPublicID string, on bool, by identity.Person) error {
	return errUnwritten
}

// Remove forgets a webhook with its deliveries.
func (s *Service) Remove(ctx context.Context, providerPublicID, webhookPublicID string, by identity.Person) error {
	return errUnwritten
}

// Test tells a webhook an event of type "ping".
func (s *Service) Test(ctx context.Context, providerPublicID, webhookPublicID string, by identity.Person) error {
	return errUnwritten
}

// Log returns a webhook with its deliveries, latest first, after the id of the last one seen.
func (s *Service) Log(ctx context.Context, providerPublicID, webhookPublicID, after string, by identity.Person) (Webhook, []Delivery, error) {
	return Webhook{}, nil, errUnwritten
}

// Replay tells a delivery again, under the same webhook-id.
func (s *Service) Replay(ctx context.Context, providerPublicID, webhookPublicID, delivery string, by identity.Person) error {
	return errUnwritten
}

// FanOut makes the deliveries of an event: one for each webhook of the provider that is on. Again: nothing more.
func (s *Service) FanOut(ctx context.Context, e support.Event) error { return errUnwritten }

// Deliver is a job: one attempt of one delivery.
type Deliver struct {
	DeliveryID int64 `json:"delivery_id"`
}

// Kind names the job for the queue.
func (Deliver) Kind() string { return "deliver_webhook" }

// Attempt makes one attempt of a delivery that is due and held by nobody, and writes what became of it.
func (s *Service) Attempt(ctx context.Context, deliveryID int64) error { return errUnwritten }

// Tend enqueues what is due, pauses webhooks that failed for days, forgets deliveries after 30 days.
func (s *Service) Tend(ctx context.Context, limit int) (int, error) { return 0, errUnwritten }
