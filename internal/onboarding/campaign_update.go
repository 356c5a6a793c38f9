package onboarding

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"nichoir/internal/identity"
)

// UpdateCampaign changes the name, the times and the capacity of a campaign; its plan stays, since applications rely on it.
// A capacity below what is taken takes no place away from anybody; one that was raised gives places to who waits. Admins
// only. Returns problem.Forbidden, problem.NotFound, and problem.Invalid in the way of AddCampaign.
func (s *Service) UpdateCampaign(ctx context.Context, c Campaign, by identity.Person) (Campaign, error) {
	if err := by.Must(identity.Admin); err != nil {
		return Campaign{}, err
	}
	c.Name = strings.TrimSpace(c.Name)
	if err := checkCampaign(c); err != nil {
		return Campaign{}, err
	}
	err := s.store.InTx(ctx, func(tx Tx) error {
		kept, err := tx.LockCampaign(ctx, c.ID)
		if err != nil {
			return known(err, "lock the campaign")
		}
		c.Plan = kept.Plan
		if err := tx.UpdateCampaign(ctx, c); errors.Is(err, ErrMoved) {
			return notFound()
		} else if err != nil {
			return fmt.Errorf("write the campaign: %w", err)
		}
		if err := tx.Audit(ctx, identity.Entry{
			ActorID: by.ID, Actor: identity.ActorPerson, Action: "campaign.changed", Subject: "campaign", SubjectID: c.ID,
		}); err != nil {
			return fmt.Errorf("write the trail: %w", err)
		}
		_, err = s.promote(ctx, tx, c) // a hundred at once; PromoteDue finds the others
		return err
	})
	if err != nil {
		return Campaign{}, err
	}
	return c, nil
}
