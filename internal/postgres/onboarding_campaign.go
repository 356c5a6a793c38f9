package postgres

import (
	"context"

	"nichoir/internal/onboarding"
	"nichoir/internal/postgres/dbsqlc"
)

func (t onboardingTx) UpdateCampaign(ctx context.Context, c onboarding.Campaign) error {
	n, err := t.q.UpdateCampaign(ctx, dbsqlc.UpdateCampaignParams{
		ID: c.ID, Name: c.Name, OpensAt: c.OpensAt, ClosesAt: c.ClosesAt,
		Capacity: int32(c.Capacity), //nolint:gosec // bounded by the service
	})
	if err != nil {
		return onboardingErr(err)
	}
	if n == 0 {
		return onboarding.ErrMoved
	}
	return nil
}
