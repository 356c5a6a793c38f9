// Package identity knows people: by their address, by the links mailed to them, by their sessions, by the role that staff
// have. It keeps the audit trail and counts attempts. It must never keep a token, a password or a code in the clear, tell
// anybody whether an address is known, or import another service.
package identity

import (
	"time"

	"nichoir/internal/problem"
)

// Role is what a member of staff may do. Most people have none.
type Role string

// The roles of staff. An admin may do all that a reviewer may.
const (
	NoRole   Role = ""
	Reviewer Role = "reviewer" // reads, and prepares batches
	Admin    Role = "admin"    // decides
)

// Covers reports whether r may do what needs the other role.
func (r Role) Covers(needed Role) bool {
	switch needed {
	case NoRole:
		return true
	case Reviewer:
		return r == Reviewer || r == Admin
	case Admin:
		return r == Admin
	default:
		return false
	}
}

// Person is somebody with an address.
type Person struct {
	ID       int64
	Email    string
	Name     string // "" while unknown
	Lang     string // "fr" or "en"
	Role     Role
	Enrolled bool // has confirmed a second factor
}

// Must refuses with problem.Forbidden what the person's role does not cover.
func (p Person) Must(needed Role) error {
	if p.ID == 0 {
		return problem.New(problem.Unauthenticated, "problem.sign_in_first")
	}
	if !p.Role.Covers(needed) {
		return problem.New(problem.Forbidden, "problem.role_missing")
	}
	return nil
}

// Session is a signed-in browser.
type Session struct {
	Person       Person
	SecondFactor bool      // a code was given in this session
	ExpiresAt    time.Time // unless it is used before
}

// NeedsSecondFactor reports whether the session is staff's and still lacks its code: nothing of staff's pages may be shown.
func (s Session) NeedsSecondFactor() bool { return s.Person.Role != NoRole && !s.SecondFactor }

// Must refuses what the session may not do: problem.Unauthenticated without a person, problem.Forbidden without the role
// or without the second factor.
func (s Session) Must(needed Role) error {
	if err := s.Person.Must(needed); err != nil {
		return err
	}
	if needed != NoRole && s.NeedsSecondFactor() {
		return problem.New(problem.Forbidden, "problem.second_factor_first")
	}
	return nil
}

// Purpose is what a link is for.
type Purpose string

// The purposes of links. What a link opens is its purpose and its reference.
const (
	PurposeConfirm  Purpose = "confirm"  // an application's address; refers to the application
	PurposeSignIn   Purpose = "sign_in"  // refers to the person
	PurposeActivate Purpose = "activate" // refers to the account
	PurposePassword Purpose = "password" // refers to the account

	PurposeProviderConfirm Purpose = "provider_confirm" // an organisation's address; refers to the provider
	PurposeProfile         Purpose = "profile"          // the yearly confirmation; refers to the provider
	PurposeProposal        Purpose = "proposal"         // accept or decline; refers to the support link
	PurposeTicket          Purpose = "ticket"           // solve, escalate, reopen; refers to the ticket
	PurposeHeld            Purpose = "held"             // "it is me"; refers to the incoming mail
	PurposeAddress         Purpose = "address"          // "it was not me"; refers to the other address
)

// Link is a link that was mailed, without its token.
type Link struct {
	ID        int64
	Purpose   Purpose
	Ref       int64
	Recipient string
	Lang      string
	ExpiresAt time.Time
	SpentAt   time.Time // zero while it is good
}

// Who acts, in the audit trail.
const (
	ActorPerson    = "person"
	ActorApplicant = "applicant" // somebody whose address is not confirmed yet
	ActorNichoir   = "nichoir"
	ActorOperator  = "operator" // at the command line
)

// Entry is one line to be written to the audit trail, in the transaction of what it tells.
type Entry struct {
	ActorID   int64  // 0 unless Actor is ActorPerson
	Actor     string // one of the Actor constants
	Action    string // e.g. "application.confirmed"
	Subject   string // e.g. "application"
	SubjectID int64
	Data      map[string]any // never addresses, names or secrets
}

// Record is a line of the audit trail as it is read.
type Record struct {
	At        time.Time
	Actor     string
	ActorName string // of the person, "" for the others
	Action    string
	Data      map[string]any
}

// Job is work for the queue: a plain struct that names its kind.
type Job interface{ Kind() string }

// Letter is a mail about a link. The queue builds it when it sends it, and mints the token then.
type Letter struct {
	Event     string // unique for its occasion
	Template  string
	Recipient string
	Lang      string
	Ref       int64 // what the link refers to, by its purpose
}

// Kind names the job for the queue.
func (Letter) Kind() string { return "letter" }

// Letter tells the queue what it needs to keep one mail for one event and recipient.
func (l Letter) Letter() (event, template, recipient, lang string, ref int64) {
	return l.Event, l.Template, l.Recipient, l.Lang, l.Ref
}
