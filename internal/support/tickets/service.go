package tickets

import (
	"context"
	"errors"
	"io"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support"
)

var errUnwritten = errors.New("not written")

// Options are what a Service is made of.
type Options struct {
	Store    Store
	Identity Identity
	Spaces   Spaces // provisioning, for the context
	Clock    func() time.Time
	Rand     io.Reader
	Calendar support.Calendar
	// Answer and Solution are the promises, in working time; 0: 14 h (two working days) and 70 h (ten).
	Answer, Solution time.Duration
	// ReplyKey keys the tokens of reply addresses.
	ReplyKey []byte
	// CloseAfter is how long a solved ticket waits for an answer; 0: 14 days.
	CloseAfter time.Duration
}

// Identity is what tickets need of identity.
type Identity interface{}

// Spaces is what tickets need of provisioning.
type Spaces interface{}

// Service is tickets.
type Service struct{ opts Options }

// New returns the service.
func New(o Options) *Service { return &Service{opts: o} }

// Open opens a ticket: by the space's lead or a co-lead, or by staff (Via ByTeam). It is the provider's when the space has an
// accepted link and is neither suspended, closing nor closed, else the team's. problem.Invalid with fields (kind, title, body, files);
// problem.NotFound for who has nothing to do with the space. A key sent twice returns the first.
func (s *Service) Open(ctx context.Context, n NewTicket, by identity.Person) (Ticket, error) {
	return Ticket{}, errUnwritten
}

// OpenIn is Open inside another service's transaction.
func (s *Service) OpenIn(ctx context.Context, tx Tx, n NewTicket, by identity.Person) (Ticket, error) {
	return Ticket{}, errUnwritten
}

// See returns a ticket as the person may see it: problem.NotFound for strangers and former providers. A provider sees what was
// said since it holds the ticket; a space never sees internal notes or clocks.
func (s *Service) See(ctx context.Context, publicID string, by identity.Person) (View, error) {
	return View{}, errUnwritten
}

// Attachment returns a file with its content, for who may see the message that it is part of.
func (s *Service) Attachment(ctx context.Context, publicID string, fileID int64, by identity.Person) (File, error) {
	return File{}, errUnwritten
}

// Say posts a message. The side is who the person is in the ticket.
func (s *Service) Say(ctx context.Context, publicID string, m NewMessage, by identity.Person) error {
	return errUnwritten
}

// SayIn is Say inside another service's transaction; it returns the id of the message, and posted false when the key was there.
func (s *Service) SayIn(ctx context.Context, tx Tx, ticketID int64, m NewMessage, by identity.Person) (id int64, posted bool, err error) {
	return 0, false, errUnwritten
}

// Solve marks a ticket as solved; any side may. Again: no error.
func (s *Service) Solve(ctx context.Context, publicID string, by identity.Person) error {
	return errUnwritten
}

// Reopen opens a solved or closed ticket.
func (s *Service) Reopen(ctx context.Context, publicID string, by identity.Person) error {
	return errUnwritten
}

// Escalate hands a ticket to the team, with a note that the space does not see; the provider still sees and may answer.
func (s *Service) Escalate(ctx context.Context, publicID, note string, by identity.Person) error {
	return errUnwritten
}

// HandBack gives an escalated ticket back to its provider, with a note. Staff only.
func (s *Service) HandBack(ctx context.Context, publicID, note string, by identity.Person) error {
	return errUnwritten
}

// Assign names who looks after it (0: nobody): a member of the provider, or of the team while the team holds it.
func (s *Service) Assign(ctx context.Context, publicID string, personID int64, by identity.Person) error {
	return errUnwritten
}

// Consent records or revokes that the provider may see the context; lead and co-leads.
func (s *Service) Consent(ctx context.Context, publicID string, on bool, by identity.Person) error {
	return errUnwritten
}

// List returns tickets for a list: of a space (SpaceID, for who may see it), of a provider (Provider, for its members), or for
// staff. The most urgent first: urgent ones, then by the promise that ends first; those that wait or are solved last.
func (s *Service) List(ctx context.Context, f Filter, by identity.Person) ([]Ticket, error) {
	return nil, errUnwritten
}

// Counts returns how many tickets there are by state for the same reader.
func (s *Service) Counts(ctx context.Context, f Filter, by identity.Person) (map[State]int, error) {
	return nil, errUnwritten
}

// MayHelp reports (nil, else problem.NotFound) whether the person may ask for help for the space: its lead or a co-lead.
func (s *Service) MayHelp(ctx context.Context, spaceID int64, by identity.Person) error {
	return errUnwritten
}

// Coleads returns those of a space.
func (s *Service) Coleads(ctx context.Context, spaceID int64) ([]Colead, error) {
	return nil, errUnwritten
}

// AddColead names a member of the space by its account; the lead only. Becoming one makes a person known by the account's address.
func (s *Service) AddColead(ctx context.Context, spaceID, accountID int64, by identity.Person) error {
	return errUnwritten
}

// RemoveColead; the lead only.
func (s *Service) RemoveColead(ctx context.Context, spaceID, accountID int64, by identity.Person) error {
	return errUnwritten
}

// SpacesOf returns the public ids of the spaces of which the person is a co-lead.
func (s *Service) SpacesOf(ctx context.Context, personID int64) ([]string, error) {
	return nil, errUnwritten
}

// OpenLink says what a mailed link of PurposeTicket is about and consumes nothing; with problem.Gone the view is returned too.
func (s *Service) OpenLink(ctx context.Context, token string) (View, identity.Link, error) {
	return View{}, identity.Link{}, errUnwritten
}

// ActByLink does what a mailed link allows. Again: no error.
func (s *Service) ActByLink(ctx context.Context, token string, a Action, note string) error {
	return errUnwritten
}

// MoveIn moves the open tickets of a space to another provider (0: the team) in linking's transaction; what went before is not
// shown to it, the summary is.
func (s *Service) MoveIn(ctx context.Context, tx MoveTx, spaceID, toProvider int64, summary string) error {
	return errUnwritten
}

// ReplyAddress is the local part of the address that answers of that person about that ticket go to:
// reply+<ticket>-<26 base32 characters>.
func (s *Service) ReplyAddress(ticketID, personID int64) string { return "" }

// ReplyTo finds whom a reply address was made for, in any case: problem.NotFound when the token is not ours or its person no
// longer takes part in the ticket.
func (s *Service) ReplyTo(ctx context.Context, localPart string) (ticketID int64, p Participant, err error) {
	return 0, Participant{}, errUnwritten
}

// SpacesFor returns the spaces for which the person of that address may ask for help, for mails without a reply address.
func (s *Service) SpacesFor(ctx context.Context, address string) (by identity.Person, spaceIDs []int64, err error) {
	return identity.Person{}, nil, errUnwritten
}

// Post gathers a mail about a message for a recipient, for jobs: problem.NotFound or problem.Gone when it is no longer theirs
// to see.
func (s *Service) Post(ctx context.Context, messageID int64, recipient string) (Post, error) {
	return Post{}, errUnwritten
}

// Reminder gathers a mail about a ticket (LetterReminder, LetterNudge); problem.Gone when it is no longer due.
func (s *Service) Reminder(ctx context.Context, ticketID int64, recipient, template string) (Post, error) {
	return Post{}, errUnwritten
}

// Tend is the schedule's part, at most limit rows of each: reminders before promises are missed, solved ones close, waiting ones
// are nudged once a week, those of forgotten spaces are emptied.
func (s *Service) Tend(ctx context.Context, limit int) (int, error) { return 0, errUnwritten }

// Figures are for the team.
func (s *Service) Figures(ctx context.Context, by identity.Person) (Figures, error) {
	return Figures{}, errUnwritten
}
