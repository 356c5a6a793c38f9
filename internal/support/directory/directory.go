// Package directory keeps the referenced support providers: their profiles, how an organisation gets listed on proof of
// projects with associations, the yearly confirmation, rests, capacity and members.
//
// STATES.md beside this file holds the table of states and what a crash between any two lines does.
//
// It must never show what is not public of a provider to others than its members and the team, or list without a decision.
package directory

import (
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support"
)

// State is where a provider stands.
type State string

// The states of a provider.
const (
	Applied State = "applied" // sent; counts once its address is confirmed
	Listed  State = "listed"
	Paused  State = "paused" // listed, takes nobody new, and comes last in the public directory
	Refused State = "refused"
)

// Profile is what a provider says of itself. All of it is public once listed.
type Profile struct {
	Name         string // 2 to 100 characters
	Structure    support.Structure
	People       int // who work there, 1 to 10,000
	Town         string
	Region       support.Region
	Everywhere   bool             // goes on site in every region
	Regions      []support.Region // where it goes on site
	OnSite       bool
	Remote       bool // reaches every region
	Kinds        []support.Kind
	Sizes        []support.Size
	Languages    []string
	Chatons      bool   // member of CHATONS
	Presentation string // 40 to 3,000 characters
	Free         string // what it does for nothing; may be ""
	Quoted       string // what it does on quote; may be "", not both
	Website      string // https, or ""
	Email        string
	Phone        string // or ""
}

// Project is a past project with an association.
type Project struct {
	ID          int64
	Association string
	Year        int
	Summary     string
	Proof       string // for the team alone: an address, or who can be asked
	Public      bool   // the association agreed to be named
}

// Provider is a referenced organisation, or one that asks to be.
type Provider struct {
	ID       int64
	PublicID string // opaque; who knows it may follow the organisation's application
	Slug     string // of its page in the directory
	State    State
	Profile  Profile
	Projects []Project // of lists: none

	ContactName   string
	Lang          string
	Capacity      int // places
	Taken         int // places held by proposed and accepted links
	ConfirmedAt   time.Time
	Question      string // the team's, while it waits for an answer
	RefuseReason  string
	TechOnly      bool // its kinds only deploy technology
	PausedCause   PauseCause
	PausedUntil   time.Time // zero: until somebody ends it
	CreatedAt     time.Time
	ListedAt      time.Time
	ProfileAt     time.Time // when the profile was last confirmed
	ProfileAsked  time.Time // zero unless it is to be confirmed now
	LastProposed  time.Time
	Silent        int // proposals that lapsed, in a row, since its last answer
	OverduePledge int // open tickets whose promised answer is late
}

// Free is the number of places that nobody holds.
func (p Provider) Free() int { return max(0, p.Capacity-p.Taken) }

// PauseCause says why a provider rests.
type PauseCause string

// The causes.
const (
	PauseHolidays PauseCause = "holidays"
	PauseFull     PauseCause = "full"
	PauseProfile  PauseCause = "profile" // nobody confirmed the profile
	PauseTeam     PauseCause = "team"
	PauseOther    PauseCause = "other"
)

// Pause is a rest, begun or announced.
type Pause struct {
	ID    int64
	Span  support.Span
	Cause PauseCause
}

// Query narrows the public directory. Zero values do not narrow.
type Query struct {
	Text string
	// Words are what readers call what a provider chose of lists: they are searched, too. It may be nil.
	Words func(Profile) string

	Kinds     []support.Kind // all of them
	Region    support.Region // serves it: on site there, or remote
	Mode      support.Mode   // OnSite (in Region, when given) or Remote
	Size      support.Size
	Structure support.Structure
	Language  string
	Chatons   bool
	Free      bool // has a free place now
}

// Facets are how many providers each further choice would leave, keyed by the value.
type Facets struct {
	Kinds      map[support.Kind]int
	Regions    map[support.Region]int
	Modes      map[support.Mode]int
	Sizes      map[support.Size]int
	Structures map[support.Structure]int
	Languages  map[string]int
	Chatons    int
	Free       int
}

// Result is one answer of the directory.
type Result struct {
	Providers []Provider // listed ones by name; those that pause come last
	Facets    Facets
	Total     int // listed and paused, without any filter
}

// Application is what an organisation sends to be listed. Its fields are as typed.
type Application struct {
	Key         string // made with the empty form: sent twice, it makes one
	Resumes     string // opaque id of the application that this one puts right, while nobody has confirmed that; or ""
	Profile     Profile
	ContactName string
	Projects    []Project // at least three, the latest not older than five years
	Capacity    int
	Lang        string
	Remote      string // the asking machine, for counting alone
}

// Note is a line of the exchange between the team and an organisation that applies.
type Note struct {
	ByTeam bool
	Body   string
	At     time.Time
}

// Member is somebody who belongs to a provider, or is invited to.
type Member struct {
	Person  identity.Person
	Manager bool
	Invited time.Time // by the latest mail
	Joined  time.Time // zero: the invitation is not accepted, the address may be anybody's, and they take no part
}

// Membership is a provider that a person belongs to, or is invited to.
type Membership struct {
	Provider Provider
	Manager  bool
	Joined   bool // false: there is only the invitation
}

// Dossier is a provider with all that the team knows of it.
type Dossier struct {
	Provider Provider
	Notes    []Note
	Members  []Member
	Pauses   []Pause
	Trail    []identity.Record
}

// The names of the form's fields, as refusals give them (problem.Field.Name).
const (
	FieldName         = "name"
	FieldStructure    = "structure"
	FieldPeople       = "people"
	FieldTown         = "town"
	FieldRegion       = "region"
	FieldRegions      = "regions"
	FieldModes        = "modes"
	FieldKinds        = "kinds"
	FieldSizes        = "sizes"
	FieldLanguages    = "languages"
	FieldPresentation = "presentation"
	FieldFree         = "free_offer"
	FieldQuoted       = "quoted_offer"
	FieldWebsite      = "website"
	FieldEmail        = "email"
	FieldPhone        = "phone"
	FieldContactName  = "contact_name"
	FieldCapacity     = "capacity"
	FieldReason       = "reason"   // of a refusal
	FieldQuestion     = "question" // of the team
	FieldAnswer       = "answer"   // of the organisation
	FieldFrom         = "from"     // of a rest
	FieldUntil        = "until"    // of a rest
	FieldCause        = "cause"    // of a rest
	FieldProjects     = "projects" // of one project: "project_1_association", "project_1_year", "project_1_summary", "project_1_proof"
)

// The templates of the mails about a provider; they refer to the provider. Recipients are its contact address until it has
// members, then its managers.
const (
	LetterConfirm  = "provider-confirm" // with a link of PurposeProviderConfirm
	LetterReceived = "provider-received"
	LetterQuestion = "provider-question"
	LetterListed   = "provider-listed"
	LetterRefused  = "provider-refused"
	LetterTakenOut = "provider-taken-out" // it was in the directory
	LetterYearly   = "provider-yearly"    // with a link of PurposeProfile
	LetterPaused   = "provider-paused"    // nobody confirmed the profile
	LetterMember   = "provider-member"    // an invitation to join
	LetterAnswered = "provider-answered"  // to the team: the organisation answered, or applied
)

// Letters returns the templates of all mails that refer to a provider.
func Letters() []string {
	return []string{LetterConfirm, LetterReceived, LetterQuestion, LetterListed, LetterRefused, LetterTakenOut, LetterYearly,
		LetterPaused, LetterMember, LetterAnswered}
}
