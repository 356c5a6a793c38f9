package linking

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
	Tickets  Tickets
	Clock    func() time.Time
	Rand     io.Reader
	Calendar support.Calendar
	// AskAgain is how long "none yet" is good for; 0: 30 days.
	AskAgain time.Duration
}

// Store is what linking needs of a database.
type Store interface{}

// Identity is what linking needs of identity.
type Identity interface{}

// Tickets is what linking needs of tickets.
type Tickets interface{}

// Service is linking.
type Service struct{ opts Options }

// New returns the service.
func New(o Options) *Service { return &Service{opts: o} }

// Search returns where the search of a space stands, with fresh proposals while the lead is choosing. Who may see a space is
// the caller's to check (its lead, its co-leads, the team).
func (s *Service) Search(ctx context.Context, spaceID int64) (Search, error) {
	return Search{}, errUnwritten
}

// Describe writes the needs and returns to Choosing, unless a link is proposed. problem.Invalid with fields.
func (s *Service) Describe(ctx context.Context, spaceID int64, n Needs, by identity.Person) error {
	return errUnwritten
}

// Choose puts the space to a provider: the place is held in the same transaction. summary is for a change of provider.
// problem.Conflict when the provider has no free place any more, pauses, or another proposal is under way; asking the same
// one twice answers like the first. Origin FromTeam needs an admin.
func (s *Service) Choose(ctx context.Context, spaceID int64, providerPublicID string, origin Origin, words, summary string, by identity.Person) (Link, error) {
	return Link{}, errUnwritten
}

// NotYet says "none yet": the lead is asked again after a month.
func (s *Service) NotYet(ctx context.Context, spaceID int64, by identity.Person) error {
	return errUnwritten
}

// Withdraw takes a proposal back.
func (s *Service) Withdraw(ctx context.Context, spaceID int64, by identity.Person) error {
	return errUnwritten
}

// End ends the accepted link from the space's side; open tickets become the team's.
func (s *Service) End(ctx context.Context, spaceID int64, reason string, by identity.Person) error {
	return errUnwritten
}

// Assign links a space to a provider by the team's hand, with a reason, as accepted; the provider's place is taken, over
// capacity only when over is set. A link before it ends. Admins only.
func (s *Service) Assign(ctx context.Context, spaceID int64, providerPublicID, reason, summary string, over bool, by identity.Person) (Link, error) {
	return Link{}, errUnwritten
}

// Requests returns the proposals that wait for the provider's answer, the most urgent first.
func (s *Service) Requests(ctx context.Context, providerID int64) ([]Request, error) {
	return nil, errUnwritten
}

// Associations returns the accepted links of the provider, by name.
func (s *Service) Associations(ctx context.Context, providerID int64) ([]Link, error) {
	return nil, errUnwritten
}

// Former returns the provider's links that are over, without anything of the space, latest first.
func (s *Service) Former(ctx context.Context, providerID int64) ([]Link, error) {
	return nil, errUnwritten
}

// Request returns one proposal for a member of the provider that it is made to, or problem.NotFound.
func (s *Service) Request(ctx context.Context, publicID string, by identity.Person) (Request, error) {
	return Request{}, errUnwritten
}

// Accept, by a member of the provider. A link before it ends in the same transaction and its open tickets move.
// A second click answers like the first; problem.Conflict when it was withdrawn or lapsed.
func (s *Service) Accept(ctx context.Context, publicID string, by identity.Person) error {
	return errUnwritten
}

// Decline, with a reason that the lead reads; the next is asked.
func (s *Service) Decline(ctx context.Context, publicID, reason string, by identity.Person) error {
	return errUnwritten
}

// Leave ends an accepted link from the provider's side; open tickets become the team's.
func (s *Service) Leave(ctx context.Context, publicID, reason string, by identity.Person) error {
	return errUnwritten
}

// OpenProposal says what a mailed link of PurposeProposal is about and consumes nothing. The link of mail is returned with
// problem.Gone as well (then Request is what it came to).
func (s *Service) OpenProposal(ctx context.Context, token string) (Request, identity.Link, error) {
	return Request{}, identity.Link{}, errUnwritten
}

// AnswerByLink accepts (accept true) or declines with a mailed link.
func (s *Service) AnswerByLink(ctx context.Context, token string, accept bool, reason string) error {
	return errUnwritten
}

// LinkByID returns a link for jobs, or problem.NotFound.
func (s *Service) LinkByID(ctx context.Context, id int64) (Link, error) { return Link{}, errUnwritten }

// Tend is the schedule's part, at most limit rows of each: searches begin for spaces that became ready (the lead is written
// to), proposals are reminded and lapse to the next, "none yet" is asked again, links of closing spaces end.
func (s *Service) Tend(ctx context.Context, limit int) (int, error) { return 0, errUnwritten }

// Loads returns all listed and paused providers with their load, for the team.
func (s *Service) Loads(ctx context.Context, by identity.Person) ([]Load, error) {
	return nil, errUnwritten
}

// Figures are for the team.
func (s *Service) Figures(ctx context.Context, by identity.Person) (Figures, error) {
	return Figures{}, errUnwritten
}

// All returns links for the team, latest first, after the id (0: from the newest); states none: all.
func (s *Service) All(ctx context.Context, by identity.Person, after int64, limit int, states ...State) ([]Link, error) {
	return nil, errUnwritten
}
