package onboarding

import (
	"time"
)

// Decision is what is decided about the applications of a batch.
type Decision string

// The decisions.
const (
	Approve Decision = "approve"
	Reject  Decision = "reject"
)

// from are the states out of which the decision may take an application.
func (d Decision) from() []State {
	if d == Reject {
		return []State{Submitted, ChangesRequested, Waitlisted}
	}
	return []State{Submitted}
}

// BatchState is where a batch stands.
type BatchState string

// The states of a batch. See STATES.md.
const (
	BatchOpen     BatchState = "open"     // prepared
	BatchDecided  BatchState = "decided"  // can be undone until its release
	BatchReleased BatchState = "released" // being carried out
	BatchDone     BatchState = "done"
)

// Batch is a number of applications decided together.
type Batch struct {
	ID         int64
	State      BatchState
	Decision   Decision
	Reason     string // told to those who are refused
	Notify     bool   // false: refused without a mail
	Size       int
	CreatedBy  string // name, or address where there is none
	DecidedBy  string // the same, "" until decided
	CreatedAt  time.Time
	DecidedAt  time.Time     // zero until then, as the following
	ReleaseAt  time.Time     // by the database's clock
	ReleaseIn  time.Duration // until ReleaseAt when it was read, 0 when it is past
	ReleasedAt time.Time
	DoneAt     time.Time
}

// Selection is what a batch is made of.
type Selection struct {
	Decision Decision
	IDs      []string // public ids of applications, at most MaxSelection
	Reason   string   // for a refusal: required, unless Notify is false
	Notify   bool     // false: refuse without a mail (spam in other people's names)
}

// MaxSelection is the largest batch.
const MaxSelection = 5000

// Member is an application as its batch sees it.
type Member struct {
	ID          int64
	PublicID    string
	Association string
	State       State
	BatchID     int64
	Space       *Space // that it became; nil until then, and nil where only the application was asked for
}
