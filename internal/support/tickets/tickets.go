// Package tickets keeps requests for help: the conversation between a space, its provider and the team, who holds a ticket,
// its promises in working time, and who may see what.
//
// STATES.md beside this file holds the table of states and what a crash between any two lines does.
//
// It must never show a provider what was said before or after it held a ticket, mail an internal note, tell names of files of
// a space, or keep an attachment's declared type.
package tickets

import (
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support"
	"nichoir/provisioning"
)

// State is where a ticket stands.
type State string

// The states of a ticket. new → open ⇄ waiting → solved → closed; what the association says reopens it.
const (
	Unanswered State = "new"     // nobody answered
	Open       State = "open"    // the provider's turn, or the team's
	Waiting    State = "waiting" // the association's turn
	Solved     State = "solved"  // closes by itself after a while
	Closed     State = "closed"
)

// Side is whom somebody speaks for in a ticket.
type Side string

// The sides.
const (
	SideSpace    Side = "space" // its lead or a co-lead
	SideProvider Side = "provider"
	SideTeam     Side = "team"
	SideNichoir  Side = "nichoir" // lines that Nichoir itself writes ("handed to …")
)

// Via is how something came.
type Via string

// The ways.
const (
	ByWeb  Via = "web"
	ByMail Via = "mail"
	ByTeam Via = "team" // opened by the team for a space
)

// The limits of what is written.
const (
	TitleMax = 120   // characters
	BodyMax  = 20000 // characters; a mail's text is cut there, with a word about it
	FileMax  = 10 << 20
	FilesMax = 5 // of one message
)

// File is an attachment.
type File struct {
	ID      int64
	Name    string // cleaned: no path, no control characters, at most 120 characters
	Type    string // sniffed
	Size    int64
	Content []byte // of lists: nil
}

// NewTicket is what opens one.
type NewTicket struct {
	Key     string // made with the empty form: sent twice, it makes one ticket
	SpaceID int64
	Kind    support.Kind
	Title   string
	Body    string
	Urgent  bool // the association cannot work
	Consent bool // the provider may see the context
	Files   []File
	Via     Via
	MailID  string // Message-ID of the mail it came by
}

// Then is what a message does to the state beside being said.
type Then string

// What a provider's or the team's message does. A message of the space always opens the ticket again.
const (
	ThenWait  Then = ""      // the association's turn
	ThenStay  Then = "stay"  // "we go on": still our turn
	ThenSolve Then = "solve" // it is solved
)

// NewMessage is what is said in a ticket.
type NewMessage struct {
	Key      string
	Body     string
	Internal bool // a note between the provider and the team; not for spaces
	Then     Then
	Files    []File
	Via      Via
	MailID   string // Message-ID of the mail it came by, without brackets
}

// Message is one line of the conversation, as its reader may see it.
type Message struct {
	ID       int64
	Side     Side
	Author   string // a name; "" for Nichoir
	Own      bool   // the reader wrote it
	Internal bool
	Via      Via
	Body     string // for SideNichoir: one of the Line constants, words in the catalogues "support.line." + Body
	Provider string // name of the author's organisation, "" for others; of LineMoved: of who takes over, "": the team
	Files    []File
	At       time.Time
}

// Clock is a promise, private to the provider and the team.
type Clock struct {
	Due  time.Time     // zero: kept, it stands, or a pause has no end
	Took time.Duration // working time, once kept; so far while it runs
	Late bool
	Kept bool // answered, or solved
}

// Context is what may be told of the space: never names or contents of files.
type Context struct {
	Space       string // the association's name
	Address     string // of the server
	Suite       provisioning.Suite
	Version     string // of Nextcloud
	State       provisioning.State
	Used, Total int64 // bytes
	ReadAt      time.Time
	Seats, Max  int
	Stopped     []provisioning.Step // the last that failed or are blocked
}

// Ticket is one request for help.
type Ticket struct {
	ID            int64 // the number that people see
	PublicID      string
	SpaceID       int64
	SpacePublicID string
	SpaceName     string
	ProviderID    int64 // 0: the team's
	ProviderName  string
	Escalated     bool
	Kind          support.Kind
	Title         string // "" for a provider that took the ticket over, and once the space is forgotten
	Urgent        bool
	State         State
	OpenedBy      string // a name
	Via           Via
	AssigneeID    int64
	Assignee      string
	CreatedAt     time.Time
	UpdatedAt     time.Time
	SolvedAt      time.Time
	ClosedAt      time.Time
	ConsentAt     time.Time // zero: none
	ConsentBy     string
	RevokedAt     time.Time
	// For the provider and the team only; zero for spaces.
	Answer, Solution Clock
}

// WithTeam reports whether the team holds it.
func (t Ticket) WithTeam() bool { return t.ProviderID == 0 || t.Escalated }

// Over reports whether nobody has anything to do about it.
func (t Ticket) Over() bool { return t.State == Solved || t.State == Closed }

// View is a ticket as one reader may see it.
type View struct {
	Ticket    Ticket
	Side      Side // the reader's
	Messages  []Message
	Summary   string   // of what went before, for a provider that took over
	Context   *Context // nil without consent, and for whom it is not
	Assignees []identity.Person
	HandTo    string // the provider to which MayHandBack gives it
	// What the reader may do now.
	MayAnswer, MayNote, MaySolve, MayReopen, MayEscalate, MayHandBack, MayAssign, MayConsent bool
}

// Filter narrows a list of tickets.
type Filter struct {
	States   []State // none: those that are not closed
	SpaceID  int64
	Provider int64
	Team     bool // held by the team
	Late     bool // a promise is late
	Unowned  bool // held by the team and looked after by nobody of it; solved and closed ones need nobody
	Assignee int64
	Text     string // in number and title, where the reader sees it
	After    int64  // id of the last one seen
	Limit    int    // 0: 50; at most 500
}

// Colead is somebody beside the lead who may ask for help.
type Colead struct {
	AccountID int64
	PersonID  int64
	Name      string
	Email     string
	Active    bool // has activated the account: before, the address may be anybody's, and they take no part
}

// Action is what a mailed link of PurposeTicket can do.
type Action string

// The actions.
const (
	ActSolve    Action = "solve"
	ActEscalate Action = "escalate"
	ActReopen   Action = "reopen"
)

// Participant is somebody to whom a ticket's mails go, or from whom they may come.
type Participant struct {
	Person    identity.Person
	Side      Side
	Addresses []string // the person's own first
}

// Post is what a mail about a ticket is written from.
type Post struct {
	Ticket   Ticket
	Message  Message
	Side     Side     // the recipient's
	Context  *Context // in the first mail, with consent
	Before   []string // Message-IDs of mails of the conversation, without brackets, oldest first, at most 20
	PersonID int64    // the recipient
	Summary  string   // of what went before, for a provider that took over
}

// Figures are for the team's desk: how many tickets are under way, and which of these need somebody.
type Figures struct {
	Open, Late, Unowned int
}

// Times tell the team how soon help came of late. A half took no longer, in working time.
type Times struct {
	Answered, Solved       int // how many tickets the halves are of
	AnswerP50, SolutionP50 time.Duration
	Unanswered             int           // tickets that nobody answered yet
	Oldest                 time.Duration // of these, by the calendar
}

// The templates of the mails; they refer to a ticket_messages row, or (reminders) to the ticket.
const (
	LetterOpened    = "ticket-opened"    // to who holds it; to the space as a receipt: LetterReceipt
	LetterReceipt   = "ticket-receipt"   // to who opened it by mail, and to the lead when the team or a co-lead did
	LetterMessage   = "ticket-message"   // to the other sides
	LetterSolved    = "ticket-solved"    // to the space
	LetterEscalated = "ticket-escalated" // to the team
	LetterBack      = "ticket-back"      // to the provider: the team handed it back
	LetterMoved     = "ticket-moved"     // to the provider that takes over
	LetterReminder  = "ticket-reminder"  // to who holds it, before a promise is missed (refers to the ticket)
	LetterNudge     = "ticket-nudge"     // to the space: we wait for you (refers to the ticket)
)
