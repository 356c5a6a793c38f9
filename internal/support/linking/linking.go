// Package linking finds a support provider for a space: its needs, the match, proposals and their answers.
//
// STATES.md beside this file holds the table of states and what a crash between any two lines does.
//
// It must never put a provider over its capacity, let a space wait for a provider, or tell a provider of a space that did not
// choose it.
package linking

import (
	"time"

	"nichoir/internal/support"
)

// State is where a link stands.
type State string

// The states of a link.
const (
	Proposed State = "proposed" // holds a place, waits for the provider
	Accepted State = "accepted"
	Declined State = "declined" // by the provider, or taken back by the lead
	Lapsed   State = "lapsed"   // the provider did not answer in five working days
	Ended    State = "ended"
)

// Origin is how a provider was chosen.
type Origin string

// The origins.
const (
	FromMatch     Origin = "match"     // the lead took one of the proposals
	FromDirectory Origin = "directory" // the lead chose there
	FromNext      Origin = "next"      // the one before declined or lapsed
	FromTeam      Origin = "team"
)

// AnswerDays is how many working days a provider has to answer a proposal; the time in which it pauses does not count.
const AnswerDays = 5

// MaxRefusals is how many declined or lapsed proposals end a round: then the lead is told what else there is.
const MaxRefusals = 3

// Needs is what a space looks for.
type Needs struct {
	Region support.Region // "" unknown
	Kinds  []support.Kind // none: no idea yet
	Mode   support.Mode
	Size   support.Size
	Lang   string // of the lead
	Words  string // the lead's own, up to 2,000 characters
}

// Candidate is a provider as the match sees it.
type Candidate struct {
	ID           int64
	PublicID     string
	Slug         string
	Name         string
	Town         string
	Region       support.Region
	Everywhere   bool
	Regions      []support.Region
	OnSite       bool
	Remote       bool
	Kinds        []support.Kind
	Sizes        []support.Size
	Languages    []string
	Chatons      bool
	Free         string // offer
	Quoted       string // offer
	Capacity     int
	Taken        int
	LastProposed time.Time
}

// Reason is one true thing that speaks for a proposal. Its words are in the catalogues: "support.reason." + Code.
type Reason struct {
	Code    ReasonCode
	Region  support.Region // for ReasonRegion
	Kinds   []support.Kind // for ReasonKinds: those wanted and given
	Size    support.Size   // for ReasonSize
	Free    int            // for ReasonPlaces
	Places  int            // for ReasonPlaces
	Missing []support.Kind // for ReasonPartly: wanted, not given
}

// ReasonCode names a reason.
type ReasonCode string

// The reasons.
const (
	ReasonRegion  ReasonCode = "region"   // goes on site in the space's region
	ReasonNearby  ReasonCode = "nearby"   // is at home in the region
	ReasonRemote  ReasonCode = "remote"   // helps from afar
	ReasonKinds   ReasonCode = "kinds"    // gives what is wanted
	ReasonPartly  ReasonCode = "partly"   // gives a part of what is wanted
	ReasonSize    ReasonCode = "size"     // takes associations of that size
	ReasonPlaces  ReasonCode = "places"   // free places
	ReasonChatons ReasonCode = "chatons"  // member of CHATONS
	ReasonLang    ReasonCode = "language" // speaks the lead's language (said for others than French)
)

// Proposal is a candidate with the reasons for it.
type Proposal struct {
	Candidate Candidate
	Reasons   []Reason
}

// Stance is where a space's search stands.
type Stance string

// The stances. The first three are kept; the others follow from the links.
const (
	Choosing  Stance = "choosing"  // the lead has proposals, or the directory
	Later     Stance = "later"     // "none yet": asked again at AskAt
	Exhausted Stance = "exhausted" // three refusals, or nobody free: the finished page
	Waiting   Stance = "waiting"   // a link is proposed, and there is no other
	Linked    Stance = "linked"    // a link is accepted (another may be proposed to take over)
	NotReady  Stance = "not_ready" // the space is not ready yet
)

// Link is a space and a provider.
type Link struct {
	ID            int64
	PublicID      string
	SpaceID       int64
	SpacePublicID string
	SpaceName     string // "" for providers whose link is over
	ProviderID    int64
	ProviderName  string
	ProviderSlug  string // "" once it is out of the directory
	State         State
	Origin        Origin
	Words         string // the lead's, for this provider
	Summary       string // of what went before, for whoever takes over
	Needs         Needs
	ProposedAt    time.Time
	DueAt         time.Time // while Proposed; zero: it waits while the provider pauses without an end
	AnsweredAt    time.Time
	DeclineReason string
	EndedAt       time.Time
	EndedBy       string // lead, provider, team, change, closing
	EndReason     string
	TeamReason    string // why the team made it by hand; for the team alone
}

// Since is when the provider began, for a link that was accepted: one made by the team's hand was never answered.
func (l Link) Since() time.Time {
	if l.AnsweredAt.IsZero() {
		return l.ProposedAt
	}
	return l.AnsweredAt
}

// Over reports whether nothing of the space is the provider's business any more.
func (l Link) Over() bool { return l.State != Proposed && l.State != Accepted }

// Search is all that the lead's page of support shows.
type Search struct {
	SpaceID   int64
	Needs     Needs
	Stance    Stance
	AskAt     time.Time
	Proposals []Proposal // while Choosing, and while Linked without another one asked; up to three, best first
	Pending   *Link      // proposed
	Current   *Link      // accepted
	Past      []Link     // declined, lapsed and ended, latest first
	Refusals  int        // of this round
}

// Request is what a proposal shows to the provider that it is made to: no more than it needs to decide.
type Request struct {
	Link     Link
	Accounts int // in use
	Suite    string
}

// Load is a provider as the team watches it.
type Load struct {
	ProviderID                  int64
	PublicID, Name              string
	Capacity, Proposed, Current int
	Lapsed, Declined            int // in the last year
	SilentSince                 time.Time
	Paused                      bool
}

// Unlinked is a space that nobody helps.
type Unlinked struct {
	SpaceID             int64
	SpacePublicID, Name string
	Stance              Stance
	Since               time.Time // it looks for a provider; zero until its search begins
	AskAt               time.Time // while Later
}

// Figures are for the team's page and the dashboards.
type Figures struct {
	States    map[State]int
	Unlinked  int // ready or active spaces without an accepted link
	Stances   map[Stance]int
	Places    int // of listed providers
	Taken     int
	AnswerP50 time.Duration // of the last 90 days, from proposal to answer
}

// The templates of the mails; they refer to the space (proposals, exhausted, again) or to the link.
const (
	LetterProposals = "support-proposals" // to the lead: up to three, with reasons
	LetterAgain     = "support-again"     // to the lead: a month later
	LetterExhausted = "support-exhausted" // to the lead: what else there is
	LetterRequest   = "link-request"      // to the provider's members, with a link of PurposeProposal each
	LetterReminder  = "link-reminder"     // the same, one working day before it lapses
	LetterAccepted  = "link-accepted"     // to the lead
	LetterNext      = "link-next"         // to the lead: declined or lapsed, the next is asked
	LetterLapsed    = "link-lapsed"       // to the provider's members
	LetterWithdrawn = "link-withdrawn"    // to the provider's members: the lead or the team took it back; to the lead when it was the team
	LetterEnded     = "link-ended"        // to the other side
	LetterWelcome   = "link-welcome"      // to the provider's members: accepted, what follows
)

// Letters returns the templates of the mails that refer to a space, and of those that refer to a link.
func Letters() (aboutSpaces, aboutLinks []string) {
	return []string{LetterProposals, LetterAgain, LetterExhausted},
		[]string{LetterRequest, LetterReminder, LetterAccepted, LetterNext, LetterLapsed, LetterWithdrawn, LetterEnded, LetterWelcome}
}
