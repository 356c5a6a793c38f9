package tickets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/typed"
	"nichoir/provisioning"
)

// Options are what a Service is made of. Fields without a default are required.
type Options struct {
	Store    Store
	Identity Identity
	Spaces   Spaces // provisioning, for the context
	Clock    func() time.Time
	Rand     io.Reader // for public ids
	Calendar support.Calendar
	// Answer and Solution are the promises, in working time; 0: 14 h (two working days) and 70 h (ten).
	Answer, Solution time.Duration
	// ReplyKey keys the tokens of reply addresses.
	ReplyKey []byte
	// OlderReplyKeys are those that it replaced: mails that were sent under them are still answered.
	OlderReplyKeys [][]byte
	// CloseAfter is how long a solved ticket waits for an answer; 0: 14 days.
	CloseAfter time.Duration
}

// Identity is what tickets need of identity.
type Identity interface {
	Open(ctx context.Context, token string, p identity.Purpose) (identity.Link, error)
	Spend(ctx context.Context, tx identity.LinkTx, token string, p identity.Purpose) (identity.Link, error)
}

// Spaces is what tickets need of provisioning.
type Spaces interface {
	View(ctx context.Context, publicID string) (provisioning.View, error)
}

// Service is tickets. Its methods may be called from many goroutines.
type Service struct {
	store Store
	id    Identity
	now   func() time.Time
	opts  Options
}

// New returns the service.
func New(o Options) *Service {
	const hour, day = time.Hour, 24 * time.Hour
	o.Answer = cmp.Or(o.Answer, 14*hour)
	o.Solution = cmp.Or(o.Solution, 70*hour)
	o.CloseAfter = cmp.Or(o.CloseAfter, 14*day)
	return &Service{store: o.Store, id: o.Identity, now: o.Clock, opts: o}
}

func notFound() error { return problem.New(problem.NotFound, "problem.not_found") }

// movedOn is the refusal of what the ticket's state no longer allows.
func movedOn() error { return problem.New(problem.Conflict, "problem.ticket_moved") }

// known turns a store's ErrNotFound into problem.NotFound, and says of other errors what was being done.
func known(err error, doing string) error {
	if errors.Is(err, ErrNotFound) {
		return notFound()
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// ticketID returns the number of a public id, or problem.NotFound.
func (s *Service) ticketID(ctx context.Context, publicID string) (int64, error) {
	if !typed.Storable(publicID) {
		return 0, notFound()
	}
	id, err := s.store.TicketID(ctx, publicID)
	if err != nil {
		return 0, known(err, "find the ticket")
	}
	return id, nil
}
