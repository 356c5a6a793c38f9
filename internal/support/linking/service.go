package linking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/tickets"
)

// Options are what a Service is made of. Fields without a default are required.
type Options struct {
	Store    Store
	Identity Identity
	Tickets  Tickets
	Clock    func() time.Time
	Rand     io.Reader // for public ids
	Calendar support.Calendar
	// AskAgain is how long "none yet" is good for; 0: 30 days.
	AskAgain time.Duration
}

// Identity is what linking needs of identity.
type Identity interface {
	Open(ctx context.Context, token string, p identity.Purpose) (identity.Link, error)
	Spend(ctx context.Context, tx identity.LinkTx, token string, p identity.Purpose) (identity.Link, error)
}

// Tickets is what linking needs of tickets.
type Tickets interface {
	MoveIn(ctx context.Context, tx tickets.MoveTx, spaceID, toProvider int64, summary string) error
}

// Service is linking. Its methods may be called from many goroutines.
type Service struct {
	store    Store
	id       Identity
	tickets  Tickets
	now      func() time.Time
	rand     io.Reader
	calendar support.Calendar
	askAgain time.Duration
}

// New returns the service.
func New(o Options) *Service {
	return &Service{
		store: o.Store, id: o.Identity, tickets: o.Tickets, now: o.Clock, rand: o.Rand, calendar: o.Calendar,
		askAgain: cmp.Or(o.AskAgain, 30*24*time.Hour),
	}
}

// The names of inputs, as refusals give them.
const (
	FieldRegion  = "region"
	FieldKinds   = "kinds"
	FieldMode    = "mode"
	FieldSize    = "size"
	FieldWords   = "words"
	FieldSummary = "summary"
	FieldReason  = "reason"
)

// WordsMax is how long the lead's words, a summary or a reason may be, in characters.
const WordsMax = 2000

func notFound() error { return problem.New(problem.NotFound, "problem.not_found") }

func conflict(key string) error { return problem.New(problem.Conflict, key) }

// known turns a store's ErrNotFound into problem.NotFound, and says of other errors what was being done.
func known(err error, doing string) error {
	if errors.Is(err, ErrNotFound) {
		return notFound()
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// tooLong refuses texts beyond WordsMax; fields are names and texts by turns.
func tooLong(fields ...string) []problem.Field {
	var wrong []problem.Field
	for i := 0; i+1 < len(fields); i += 2 {
		if n := utf8.RuneCountInString(fields[i+1]); n > WordsMax {
			wrong = append(wrong, problem.Field{
				Name: fields[i], Key: "problem.text_length", Args: map[string]any{"max": WordsMax, "length": n},
			})
		}
	}
	return wrong
}

func invalid(wrong []problem.Field) error {
	if len(wrong) == 0 {
		return nil
	}
	return &problem.Error{Code: problem.Invalid, Key: "problem.invalid", Fields: wrong}
}

// seeker reads a space with its search, or what it would be begun with.
func (s *Service) seeker(ctx context.Context, spaceID int64) (Seeker, error) {
	ks, err := s.store.Seekers(ctx, []int64{spaceID})
	if err != nil {
		return Seeker{}, fmt.Errorf("read the space: %w", err)
	}
	if len(ks) == 0 {
		return Seeker{}, notFound()
	}
	return ks[0].sized(), nil
}

// sized gives a search that is not begun the size that follows from the application.
func (k Seeker) sized() Seeker {
	if k.Needs.Size == "" {
		k.Needs.Size = support.SizeOf(k.People)
	}
	return k
}

// held runs fn in a transaction that holds the space's search, which is begun when it was not.
func (s *Service) held(ctx context.Context, spaceID int64, fn func(tx Tx, k Seeker) error) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		k, err := s.hold(ctx, tx, spaceID)
		if err != nil {
			return err
		}
		return fn(tx, k)
	})
}

func (s *Service) hold(ctx context.Context, tx Tx, spaceID int64) (Seeker, error) {
	k, err := tx.LockSearch(ctx, spaceID, true)
	if !errors.Is(err, ErrNotFound) {
		if err != nil {
			return Seeker{}, fmt.Errorf("lock the search: %w", err)
		}
		return k, nil
	}
	ks, err := tx.Seekers(ctx, []int64{spaceID})
	if err != nil {
		return Seeker{}, fmt.Errorf("read the space: %w", err)
	}
	if len(ks) == 0 {
		return Seeker{}, notFound()
	}
	if !ks[0].SpaceState.Works() {
		return Seeker{}, conflict("problem.space_not_ready")
	}
	if _, err := tx.Begin(ctx, []Beginning{{SpaceID: spaceID, Needs: ks[0].sized().Needs, Stance: Choosing, At: s.now()}}); err != nil {
		return Seeker{}, fmt.Errorf("begin the search: %w", err)
	}
	if k, err = tx.LockSearch(ctx, spaceID, true); err != nil {
		return Seeker{}, fmt.Errorf("lock the search: %w", err)
	}
	return k, nil
}

// alive returns the proposal and the accepted link among a space's links; nil when there is none.
func alive(links []Link) (pending, current *Link) {
	for i := range links {
		switch links[i].State {
		case Proposed:
			pending = &links[i]
		case Accepted:
			current = &links[i]
		default: // over
		}
	}
	return pending, current
}

// refused reports whether the link was declined by its provider, or lapsed.
func (l Link) refused() bool {
	return l.State == Lapsed || l.State == Declined && l.EndedBy == ""
}

// refusals returns the providers that refused since the round began, whenever they were asked.
func refusals(links []Link, round time.Time) []int64 {
	var out []int64
	for _, l := range links {
		if l.refused() && !l.EndedAt.Before(round) {
			out = append(out, l.ProviderID)
		}
	}
	return out
}

// LinkByID returns a link for jobs, or problem.NotFound.
func (s *Service) LinkByID(ctx context.Context, id int64) (Link, error) {
	l, err := s.store.Link(ctx, id)
	if err != nil {
		return Link{}, known(err, "read the link")
	}
	return l, nil
}
