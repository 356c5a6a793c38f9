package tickets

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/identity"
)

// timesOf is how far back the times to an answer and to a solution are looked at.
const timesOf = 90 * 24 * time.Hour

// Figures are for the team: problem.Forbidden for others.
func (s *Service) Figures(ctx context.Context, by identity.Person) (Figures, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return Figures{}, err
	}
	f, err := s.store.Figures(ctx, s.now())
	if err != nil {
		return Figures{}, fmt.Errorf("read the figures: %w", err)
	}
	return f, nil
}

// Times are for the team: problem.Forbidden for others. The halves are of the tickets that were answered, and solved, in the
// last 90 days; of one that moved the time with its last holder counts.
func (s *Service) Times(ctx context.Context, by identity.Person) (Times, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return Times{}, err
	}
	now := s.now()
	t, err := s.store.Times(ctx, now.Add(-timesOf), now)
	if err != nil {
		return Times{}, fmt.Errorf("read the times: %w", err)
	}
	return t, nil
}
