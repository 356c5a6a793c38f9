package onboarding

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
)

// maxCapacity is the largest campaign, in places.
const maxCapacity = 1_000_000

// UpdateCampaign changes the name, the times and the capacity of a campaign; its plan stays, since applications rely on it.
// A capacity below what is taken takes no place away from anybody; one that was raised gives places to who waits. Admins
// only. Returns problem.Forbidden, problem.NotFound, and problem.Invalid in the way of AddCampaign.
func (s *Service) UpdateCampaign(ctx context.Context, c Campaign, by identity.Person) (Campaign, error) {
	if err := by.Must(identity.Admin); err != nil {
		return Campaign{}, err
	}
	c.Name = strings.TrimSpace(c.Name)
	switch {
	case c.Name == "":
		return Campaign{}, problem.InvalidField("name", "problem.name_required")
	case !c.ClosesAt.After(c.OpensAt):
		return Campaign{}, problem.InvalidField("closes_at", "problem.closes_before_opening")
	case c.Capacity < 0:
		return Campaign{}, problem.InvalidField("capacity", "problem.capacity_negative")
	case c.Capacity > maxCapacity:
		return Campaign{}, problem.InvalidField("capacity", "problem.capacity_too_large")
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
