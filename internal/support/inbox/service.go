package inbox

import (
	"context"
	"errors"
	"io"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support/tickets"
)

var errUnwritten = errors.New("not written")

// Options are what a Service is made of.
type Options struct {
	Store    Store
	Identity Identity
	Tickets  *tickets.Service
	Clock    func() time.Time
	Rand     io.Reader
	// Domain is that of our reply addresses; Address is where tickets are opened by mail.
	Domain, Address string
	// Bounced is told of addresses that do not work, beside what inbox itself notes: the mail's template and what it refers to.
	// KeepRaw is how long a mail is kept as it came; 0: 30 days. HeldFor is how long an answer is held; 0: 30 days.
	KeepRaw, HeldFor time.Duration
}

// Store is what the inbox needs of a database.
type Store interface{}

// Identity is what the inbox needs of identity.
type Identity interface{}

// Service is the inbox.
type Service struct{ opts Options }

// New returns the service.
func New(o Options) *Service { return &Service{opts: o} }

// Known reports whether a mail of that place is kept already.
func (s *Service) Known(ctx context.Context, p Place) (bool, error) { return false, errUnwritten }

// Receive keeps a mail and does what it says, in one transaction. A mail that is kept already returns what became of it.
func (s *Service) Receive(ctx context.Context, l Letter) (Outcome, error) { return "", errUnwritten }

// Flagged notes that the mailbox knows.
func (s *Service) Flagged(ctx context.Context, p Place) error { return errUnwritten }

// OpenHeld says what a mailed link of PurposeHeld is about and consumes nothing.
func (s *Service) OpenHeld(ctx context.Context, token string) (HeldMail, error) {
	return HeldMail{}, errUnwritten
}

// Release sends a held answer as its person's, remembers the address when asked to, and tells the person's own address.
func (s *Service) Release(ctx context.Context, token string, remember bool) (HeldMail, error) {
	return HeldMail{}, errUnwritten
}

// Discard drops a held answer: it was not me.
func (s *Service) Discard(ctx context.Context, token string) error { return errUnwritten }

// Addresses returns the other addresses of a person.
func (s *Service) Addresses(ctx context.Context, personID int64) ([]string, error) {
	return nil, errUnwritten
}

// OpenAddress says which address a mailed link of PurposeAddress is about and consumes nothing.
func (s *Service) OpenAddress(ctx context.Context, token string) (string, error) {
	return "", errUnwritten
}

// ForgetAddress forgets it again.
func (s *Service) ForgetAddress(ctx context.Context, token string) error { return errUnwritten }

// Kept returns mails with those outcomes for staff, latest first, after the id.
func (s *Service) Kept(ctx context.Context, by identity.Person, after int64, limit int, outcomes ...Outcome) ([]Kept, error) {
	return nil, errUnwritten
}

// Tend forgets raw mails that were kept long enough, and drops answers that were held too long.
func (s *Service) Tend(ctx context.Context) (int, error) { return 0, errUnwritten }
