package inbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
)

const (
	defaultKeepRaw = 30 * 24 * time.Hour
	defaultHeldFor = 30 * 24 * time.Hour
)

// Options are what a Service is made of.
type Options struct {
	Store    Store
	Identity Identity
	Tickets  Tickets
	Clock    func() time.Time
	// Domain is that of our reply addresses; Address is where tickets are opened by mail.
	Domain, Address string
	// BounceKey keys the tokens of the addresses to which bounces go; whoever sends mails makes them with the same.
	BounceKey []byte
	// OlderBounceKeys are those that it replaced: mails that were sent under them may still come back.
	OlderBounceKeys [][]byte
	// KeepRaw is how long a mail is kept as it came; 0: 30 days. HeldFor is how long an answer is held; 0: 30 days.
	KeepRaw, HeldFor time.Duration
	// Words are in a person's language what we write into a ticket for them.
	Words func(lang string) Words
}

// Words are what a ticket says where a mail does not.
type Words struct {
	NoSubject  string // instead of a title
	Incomplete string // below a mail of which something had to be left out
}

// Identity is what the inbox needs of identity.
type Identity interface {
	Open(ctx context.Context, token string, p identity.Purpose) (identity.Link, error)
	Spend(ctx context.Context, tx identity.LinkTx, token string, p identity.Purpose) (identity.Link, error)
	AllowIn(ctx context.Context, c identity.Counter, what, who string, limit int, window time.Duration) error
}

// Tickets is what the inbox needs of tickets.
type Tickets interface {
	ReplyTo(ctx context.Context, localPart string) (ticketID int64, p tickets.Participant, err error)
	SpacesFor(ctx context.Context, address string) (by identity.Person, spaceIDs []int64, err error)
	OpenIn(ctx context.Context, tx tickets.Tx, n tickets.NewTicket, by identity.Person) (tickets.Ticket, error)
	SayIn(ctx context.Context, tx tickets.Tx, ticketID int64, m tickets.NewMessage, by identity.Person) (id int64, posted bool, err error)
}

// Service is the inbox.
type Service struct {
	opts  Options
	store Store
}

// New returns the service.
func New(o Options) *Service {
	if o.KeepRaw == 0 {
		o.KeepRaw = defaultKeepRaw
	}
	if o.HeldFor == 0 {
		o.HeldFor = defaultHeldFor
	}
	o.Domain = strings.ToLower(o.Domain)
	return &Service{opts: o, store: o.Store}
}

func (s *Service) now() time.Time { return s.opts.Clock() }

// Keeps is for how long a mail is kept as it came, and an answer from an address that nobody has confirmed.
func (s *Service) Keeps() (raw, held time.Duration) { return s.opts.KeepRaw, s.opts.HeldFor }

// known turns a row that is not there into a refusal.
func known(err error, doing string) error {
	if errors.Is(err, ErrNotFound) {
		return problem.New(problem.NotFound, "problem.not_found")
	}
	return fmt.Errorf("%s: %w", doing, err)
}
