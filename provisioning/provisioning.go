// Package provisioning makes spaces: from an approved application to a space that works, and back. It places a space on a
// host, asks the host for each effect once, records what is known to be done, and keeps five promises whatever crashes:
//
//  1. one approved application ends as exactly one space, one group, one folder, one lead;
//  2. folder quota + personal quotas never exceed the plan's total, and equal it when no operation is open;
//  3. never more accounts than the plan's limit, whoever asks at the same time;
//  4. what is known to be done is never done again, what was not done is done after a restart, on whichever machine;
//  5. closing leaves nothing of the space on the host, and touches nothing that is not recorded as ours.
//
// STATES.md beside this file holds the table of states and what a crash between any two lines does.
//
// It must never keep a password, call a host inside a transaction, or delete what is not recorded as Nichoir's own.
package provisioning

import (
	"math"
	"time"
)

// State is where a space stands. A failure is no state: Blocked stands beside it.
type State string

// The states of a space, in the order of a life.
const (
	Queued       State = "queued"       // approved, waiting for a host
	Provisioning State = "provisioning" // placed, being made
	Ready        State = "ready"        // made and handed over, the lead has not come yet
	Active       State = "active"       // the lead has chosen a password
	Suspended    State = "suspended"    // kept, but nobody gets in
	Closing      State = "closing"      // announced, can be undone
	Deleting     State = "deleting"     // being unmade
	Closed       State = "closed"       // nothing is left on the host
)

// Works reports whether the association can work in a space of that state.
func (s State) Works() bool { return s == Ready || s == Active }

// Suite is an office suite that a host offers.
type Suite string

// The suites that plans may offer.
const (
	Collabora  Suite = "collabora"
	OnlyOffice Suite = "onlyoffice"
)

// Plan is what a space may use: TotalBytes shared between the folder and the personal quotas of at most Accounts.
type Plan struct {
	TotalBytes    int64
	Accounts      int
	PersonalBytes int64 // of each account
}

// FolderBytes is the quota of the Team folder when seats accounts stand on the host: what the personal quotas leave.
func (p Plan) FolderBytes(seats int) int64 { return p.TotalBytes - int64(seats)*p.PersonalBytes }

// Kept reports whether a host keeps the personal quota as it is: Nextcloud stores it as text with one decimal ("1.5 GB"),
// and rounds it, so that 1,500 MiB become 1,536. With such a plan the quotas would never add up to its total.
func (p Plan) Kept() bool { return keptQuota(p.PersonalBytes) == p.PersonalBytes }

// keptQuota is the quota, in bytes, that a host keeps of an account when it is given bytes: humanFileSize and back, as
// recorded in users.json and edges.json.
func keptQuota(bytes int64) int64 {
	const kibi = 1024
	if bytes < kibi {
		return bytes
	}
	size := math.Round(float64(bytes) / kibi)
	if size < kibi {
		return int64(size) * kibi
	}
	unit := float64(kibi)
	for range 4 { // MB, GB, TB, PB
		size, unit = math.Round(size/kibi*10)/10, unit*kibi
		if size < kibi {
			break
		}
	}
	return int64(math.Round(size * unit))
}

// NewSpace is what an approved application asks for.
type NewSpace struct {
	PublicID      string // opaque, made by the caller
	ApplicationID int64
	PersonID      int64 // the lead
	Name          string
	Slug          string
	Lang          string
	Suite         Suite
	Plan          Plan
	LeadName      string
	LeadEmail     string
}

// Space is one association's space.
type Space struct {
	ID            int64
	PublicID      string
	ApplicationID int64
	PersonID      int64
	HostID        int64 // 0 until placed
	State         State
	Name          string
	Slug          string
	Lang          string
	Suite         Suite
	Plan          Plan
	MountPoint    string    // "" until chosen
	GroupMade     bool      // the group is recorded as ours
	FolderID      int64     // 0 until recorded as ours
	FolderBytes   int64     // the quota last known to be set; -1 while unknown
	Twins         bool      // other folders of its name may stand
	RecheckAt     time.Time // a call of unknown outcome may land until then; zero: none
	LateBytes     int64     // the largest quota of the folder that such a call may set; 0: none
	Blocked       *Blocked
	CreatedAt     time.Time
	ReadyAt       time.Time // zero until then, as the following
	ActiveAt      time.Time
	ClosingAt     time.Time
	ClosedAt      time.Time
}

// GroupID is the id of the space's group on its host, and the mount point of its folder until it is named.
func (s Space) GroupID() string { return groupPrefix + s.Slug }

const groupPrefix = "sp-"

// Blocked says which step waits for a person, since when and why.
type Blocked struct {
	Step  string
	Cause Cause
	Call  string // the call that was answered so, "" when none was made
	HTTP  int    // status of the answer, 0 when there was none
	OCS   int    // status code inside the answer, 0 when there was none
	Since time.Time
}

// AccountState is where a member's login stands.
type AccountState string

// The states of an account.
const (
	Invited         AccountState = "invited"
	AccountActive   AccountState = "active"
	AccountDisabled AccountState = "disabled"
	Removing        AccountState = "removing"
	Removed         AccountState = "removed"
)

// Role says what an account is in its space.
type Role string

// The roles of accounts.
const (
	Lead   Role = "lead"
	Member Role = "member"
)

// Wanted is what the host has still to be told about an account.
type Wanted string

// What can be wanted of an account; "" when host and table agree.
const (
	WantNothing Wanted = ""
	WantCreate  Wanted = "create"
	WantDisable Wanted = "disable"
	WantEnable  Wanted = "enable"
	WantRemove  Wanted = "remove"
)

// Account is a member's login in a space.
type Account struct {
	ID          int64
	SpaceID     int64
	HostID      int64
	Login       string // "" until chosen
	Name        string
	Email       string
	Lang        string
	Role        Role
	State       AccountState
	Made        bool // stands on the host, recorded as ours
	Wanted      Wanted
	MailTrouble string // SMTP code of a refused address, "" when none is known
	InvitedAt   time.Time
	LapsesAt    time.Time // zero for a lead
	ActivatedAt time.Time
}

// Lifecycle is the team's decision about a host.
type Lifecycle string

// The lifecycle of a host.
const (
	Open     Lifecycle = "open"
	Draining Lifecycle = "draining" // takes no new space
	Retired  Lifecycle = "retired"
)

// Health is how a host answers. All but Unauthorized heal by themselves.
type Health string

// The healths of a host.
const (
	Healthy      Health = "ok"
	Unreachable  Health = "unreachable"
	Throttled    Health = "throttled"
	Maintenance  Health = "maintenance"
	Unauthorized Health = "unauthorized"
)

// Host is a Nextcloud server.
type Host struct {
	ID          int64
	Name        string
	BaseURL     string // where Nichoir calls it
	PublicURL   string // where people go
	ServiceUser string
	Sealed      []byte // the app password
	Version     string
	Major       int
	Suites      []Suite
	// SuitesDeclared: the operator said which suites it offers; checks leave them as they are.
	SuitesDeclared bool
	Shared         bool
	Capacity       int // spaces
	Concurrency    int // pieces of work at once
	Lifecycle      Lifecycle
	Health         Health
	HealthSince    time.Time
	PausedUntil    time.Time // zero: not paused
	Isolated       bool
	Silent         bool
	Templates      map[string]string // language → path of the template tree on the host
	Warnings       []string
	CheckedAt      time.Time
	Spaces         int // that live on it
}

// Reading is what a host told of a space's use, and when.
type Reading struct {
	QuotaBytes int64 // of the Team folder
	UsedBytes  int64 // of the Team folder
	Accounts   int   // members of the group
	At         time.Time
}
