// Package webhooks tells providers' own tools what happens: signed as Standard Webhooks asks, tried again with growing pauses,
// logged, and replayed by hand.
//
// STATES.md beside this file holds the table of states and what a crash between any two lines does.
//
// It must never reach a private, loopback or link-local address, follow a redirect, or send a name, an address or a text.
package webhooks

import "time"

// State is whether a webhook is told.
type State string

// The states of a webhook.
const (
	On      State = "on"
	Paused  State = "paused"  // by hand
	Failing State = "failing" // by itself, after days of failure
	Gone    State = "gone"    // by itself, at once: the receiver answered 410
)

// Webhook is an address in a provider's tool.
type Webhook struct {
	ID           int64
	PublicID     string
	ProviderID   int64
	URL          string
	State        State
	FailingSince time.Time // attempts failed since, and none succeeded; zero: the last one did
	FailedAt     time.Time // the last attempt that failed, while FailingSince is set
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
	Cause       string // of the last attempt: "", or one of Results
	Payload     []byte
	CreatedAt   time.Time
	NextTry     time.Time
	DeliveredAt time.Time
}

// The mails to the provider's managers when a webhook stops by itself; they refer to the webhook.
const (
	LetterFailing = "webhook-failing"
	LetterGone    = "webhook-gone"
)

// Letters returns the templates of the mails, by the state in which a webhook still is when it is time to send them.
func Letters() map[string]State {
	return map[string]State{LetterFailing: Failing, LetterGone: Gone}
}
