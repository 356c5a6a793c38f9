package linking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/typed"
)

// allMax is how many links a page of the team's list has at most.
const allMax = 200

// Assignment is a provider that the team gives to a space.
type Assignment struct {
	Provider string // its public id
	Reason   string // for the team alone
	Summary  string // of what went before, for the provider
	Over     bool   // over capacity, or during a rest
	// Instead are the public ids of the links that end by it, as far as the team was told.
	Instead []string
}

// Assign links a space to a provider by the team's hand, with a reason, as accepted; the provider's place is taken. A link before
// it ends and its open tickets move; a proposal before it is taken back, unless it is to the same provider: then it is accepted.
// problem.Conflict for either that the team was not told of. Again: no error. Admins only.
func (s *Service) Assign(ctx context.Context, spaceID int64, a Assignment, by identity.Person) (Link, error) {
	if err := by.Must(identity.Admin); err != nil {
		return Link{}, err
	}
	a.Reason, a.Summary = typed.Paragraphs(a.Reason), typed.Paragraphs(a.Summary)
	wrong := tooLong(FieldReason, a.Reason, FieldSummary, a.Summary)
	if a.Reason == "" {
		wrong = append(wrong, problem.Field{Name: FieldReason, Key: "problem.link_reason"})
	}
	if err := invalid(wrong); err != nil {
		return Link{}, err
	}
	providerID, err := s.providerID(ctx, a.Provider)
	if err != nil {
		return Link{}, err
	}
	var id int64
	err = s.store.InTx(ctx, func(tx Tx) error {
		place, err := tx.LockProvider(ctx, providerID, s.now())
		if err != nil {
			return known(err, "lock the provider")
		}
		k, err := s.hold(ctx, tx, spaceID)
		if err != nil {
			return err
		}
		id, err = s.assign(ctx, tx, k, place, a, by)
		return err
	})
	if err != nil {
		return Link{}, err
	}
	return s.LinkByID(ctx, id)
}

// assign returns the id of the link that is accepted in the end.
func (s *Service) assign(ctx context.Context, tx Tx, k Seeker, place Place, a Assignment, by identity.Person) (int64, error) {
	links, err := tx.LinksOfSpace(ctx, k.SpaceID)
	if err != nil {
		return 0, fmt.Errorf("read the links: %w", err)
	}
	pending, current := alive(links)
	if current != nil && current.ProviderID == place.ProviderID {
		return current.ID, nil
	}
	asked := pending != nil && pending.ProviderID == place.ProviderID // it holds a place already
	switch {
	case !k.SpaceState.Works():
		return 0, conflict("problem.space_not_ready")
	case current != nil && !slices.Contains(a.Instead, current.PublicID),
		pending != nil && !asked && !slices.Contains(a.Instead, pending.PublicID):
		return 0, conflict("problem.assign_moved")
	}
	if err := k.may(place); err != nil && !asked && (!a.Over || problem.Is(err, problem.NotFound)) {
		return 0, err
	}
	if pending != nil && !asked {
		if err := s.withdraw(ctx, tx, *pending, endedByTeam, "", by); err != nil {
			return 0, err
		}
	}
	l := Link{SpaceID: k.SpaceID, ProviderID: place.ProviderID, Summary: a.Summary, TeamReason: a.Reason}
	if current != nil {
		if err := s.replace(ctx, tx, *current, l, endedByTeam, by); err != nil {
			return 0, err
		}
	}
	if asked {
		l.ID, l.PublicID = pending.ID, pending.PublicID
		if err := tx.Move(ctx, l.ID, Proposed, Accepted, Answer{Summary: l.Summary, TeamReason: l.TeamReason}); err != nil {
			return 0, fmt.Errorf("accept the proposal: %w", err)
		}
	} else if l, err = s.keepAssigned(ctx, tx, k, l); err != nil {
		return 0, err
	}
	return l.ID, s.welcome(ctx, tx, k, l, by)
}

func (s *Service) keepAssigned(ctx context.Context, tx Tx, k Seeker, l Link) (Link, error) {
	var err error
	if l.PublicID, err = identity.NewPublicID(s.rand); err != nil {
		return Link{}, err
	}
	l.State, l.Origin, l.Needs, l.ProposedAt = Accepted, FromTeam, k.Needs, s.now()
	if l.ID, err = tx.InsertLink(ctx, l, Due{}); err != nil {
		return Link{}, fmt.Errorf("keep the link: %w", err)
	}
	if err := tx.NoteProposed(ctx, l.ProviderID, l.ProposedAt); err != nil {
		return Link{}, fmt.Errorf("note the provider's turn: %w", err)
	}
	return l, nil
}

// Loads returns all listed and paused providers with their load, for the team.
func (s *Service) Loads(ctx context.Context, by identity.Person) ([]Load, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return nil, err
	}
	now := s.now()
	loads, err := s.store.Loads(ctx, now, now.AddDate(-1, 0, 0))
	if err != nil {
		return nil, fmt.Errorf("read the loads: %w", err)
	}
	return loads, nil
}

// figuresOf is how far back the time to an answer is looked at.
const figuresOf = 90 * 24 * time.Hour

// Figures are for the team.
func (s *Service) Figures(ctx context.Context, by identity.Person) (Figures, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return Figures{}, err
	}
	f, err := s.store.Figures(ctx, s.now().Add(-figuresOf))
	if err != nil {
		return Figures{}, fmt.Errorf("read the figures: %w", err)
	}
	return f, nil
}

// All returns links for the team, latest first, after the id (0: from the newest); states none: all. At most 200, which is
// the limit 0 too.
func (s *Service) All(ctx context.Context, by identity.Person, after int64, limit int, states ...State) ([]Link, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return nil, err
	}
	if len(states) == 0 {
		states = []State{Proposed, Accepted, Declined, Lapsed, Ended}
	}
	links, err := s.store.All(ctx, after, atMost(limit), states...)
	if err != nil {
		return nil, fmt.Errorf("read the links: %w", err)
	}
	return links, nil
}

// Unlinked returns ready and active spaces that nobody helps, latest first, after the id of a space as All does; of one stance
// (Choosing, Waiting, Later or Exhausted), or with "" of all.
func (s *Service) Unlinked(ctx context.Context, by identity.Person, after int64, limit int, stance Stance) ([]Unlinked, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return nil, err
	}
	spaces, err := s.store.Unlinked(ctx, after, atMost(limit), stance)
	if err != nil {
		return nil, fmt.Errorf("read the spaces: %w", err)
	}
	return spaces, nil
}

func atMost(limit int) int {
	if limit <= 0 || limit > allMax {
		return allMax
	}
	return limit
}
