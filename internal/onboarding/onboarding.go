// Package onboarding takes applications: campaigns and their capacity, the form, the confirmed address, the waiting list,
// the review, and the batches in which applications are decided. What it approves becomes a space of provisioning's.
//
// STATES.md beside this file holds the table of states and what a crash between any two lines does.
//
// It must never call the network, decide an application outside a batch, or let an applicant see more than their own.
package onboarding

import (
	"time"

	"nichoir/internal/identity"
	"nichoir/provisioning"
)

// State is where an application stands.
type State string

// The states of an application. See STATES.md.
const (
	Unconfirmed      State = "unconfirmed"       // sent, the address is not confirmed
	Submitted        State = "submitted"         // holds a place, waits for a decision
	Waitlisted       State = "waitlisted"        // waits for a place
	ChangesRequested State = "changes_requested" // holds a place, waits for the applicant
	Approved         State = "approved"          // has a space, for ever
	Rejected         State = "rejected"
	Withdrawn        State = "withdrawn" // by the applicant
	Expired          State = "expired"   // nobody confirmed the address in time
)

// States returns all states, in the order of a life.
func States() []State {
	return []State{Unconfirmed, Submitted, Waitlisted, ChangesRequested, Approved, Rejected, Withdrawn, Expired}
}

// Plan is what a campaign's spaces may use.
type Plan struct {
	ID     int64
	Name   string
	Limits provisioning.Plan
	Suites []provisioning.Suite
}

// Campaign is an opening: from, to, how many, and with which plan.
type Campaign struct {
	ID       int64
	Name     string
	Plan     Plan
	OpensAt  time.Time
	ClosesAt time.Time
	Capacity int // places
}

// Phase is what the landing page says about applying.
type Phase string

// The phases.
const (
	Opening Phase = "opening" // Next is announced
	Open    Phase = "open"
	Full    Phase = "full" // open, with a waiting list
	Closed  Phase = "closed"
)

// Standing is the state of the campaign for whoever thinks of applying.
type Standing struct {
	Phase    Phase
	Campaign Campaign  // the open one; zero while Opening or Closed
	Taken    int       // places
	Waiting  int       // applications on the waiting list
	Next     *Campaign // the one announced, nil when there is none
}

// Left is the number of free places.
func (s Standing) Left() int { return max(0, s.Campaign.Capacity-s.Taken) }

// Application is one request of one association.
type Application struct {
	ID           int64
	PublicID     string // opaque; who knows it may follow the application
	CampaignID   int64
	State        State
	Association  string
	Object       string // what the association is for
	LeadName     string
	LeadEmail    string
	PersonID     int64 // the lead; 0 until the address is confirmed
	Accounts     int   // expected
	Suite        provisioning.Suite
	Slug         string   // wished, and held while the application is live
	Region       string   // where the association is, "" when not told
	Help         []string // kinds of support that it would like; none when not told
	Lang         string
	BatchID      int64 // 0: in none
	RejectReason string
	MailTrouble  string // SMTP code of a refused address, "" when none is known
	CreatedAt    time.Time
	ConfirmedAt  time.Time // zero until then
	DecidedAt    time.Time // zero until then
	ForgottenAt  time.Time // zero until then; since then nothing here tells who asked
}

// Space is what an application's page tells of the space it became.
type Space struct {
	PublicID string
	State    provisioning.State
	Blocked  bool // waits for the team
}

// Status is an application as its lead may see it.
type Status struct {
	Application  Application
	BeingDecided bool   // in a batch that is decided and not done
	Position     int    // on the waiting list, from 1; 0 when not on it
	Space        *Space // nil until approved
}

// Dossier is an application as the review desk sees it.
type Dossier struct {
	Status
	Campaign Campaign
	Batch    *Batch    // nil when in none
	Earlier  []Earlier // from the same address, latest first
	Trail    []identity.Record
}

// Letter is a mail about an application. It carries no token: that is minted while the mail is built.
type Letter struct {
	Event         string // unique for its occasion
	Template      string
	Recipient     string
	Lang          string
	ApplicationID int64
}

// The templates of letters about applications.
const (
	LetterConfirm    = "confirm-address"
	LetterReceived   = "application-received"
	LetterWaitlisted = "application-waitlisted"
	LetterRejected   = "application-rejected"
)

// Kind names the job for the queue.
func (Letter) Kind() string { return "letter" }

// Letter tells the queue what it needs to keep one mail for one event and recipient.
func (l Letter) Letter() (event, template, recipient, lang string, ref int64) {
	return l.Event, l.Template, l.Recipient, l.Lang, l.ApplicationID
}

// ApplyBatch carries out the next rows of a released batch.
type ApplyBatch struct {
	BatchID int64 `json:"batch_id"`
}

// Kind names the job for the queue.
func (ApplyBatch) Kind() string { return "apply_batch" }
