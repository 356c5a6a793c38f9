package tickets

import (
	"context"
	"fmt"

	"nichoir/internal/identity"
)

// Figures are for the team: problem.Forbidden for others. The halves are of all tickets that were answered, and solved, by
// their last holder.
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
