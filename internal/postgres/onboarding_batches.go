package postgres

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/onboarding"
	"nichoir/internal/postgres/dbsqlc"
)

func (t onboardingTx) InsertBatch(ctx context.Context, s onboarding.Selection, by int64) (int64, error) {
	return t.q.InsertBatch(ctx, dbsqlc.InsertBatchParams{
		Decision: string(s.Decision), Reason: s.Reason, Notify: s.Notify, CreatedBy: idOrNull(by),
	})
}

func (t onboardingTx) LockBatch(ctx context.Context, id int64) (onboarding.Batch, error) {
	r, err := t.q.LockBatch(ctx, id)
	if err != nil {
		return onboarding.Batch{}, onboardingErr(err)
	}
	return batch(r.Batch), nil
}

func (t onboardingTx) LockSelection(ctx context.Context, publicIDs []string) ([]onboarding.Member, error) {
	rows, err := t.q.LockSelection(ctx, publicIDs)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]onboarding.Member, 0, len(rows))
	for _, r := range rows {
		out = append(out, member(dbsqlc.LockMembersRow(r)))
	}
	return out, nil
}

func (t onboardingTx) LockMembers(ctx context.Context, batchID int64) ([]onboarding.Member, error) {
	rows, err := t.q.LockMembers(ctx, batchID)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]onboarding.Member, 0, len(rows))
	for _, r := range rows {
		out = append(out, member(r))
	}
	return out, nil
}

func (t onboardingTx) Gather(ctx context.Context, batchID int64, applications []int64) error {
	if err := t.q.SetBatchOf(ctx, dbsqlc.SetBatchOfParams{BatchID: batchID, Ids: applications}); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	return t.q.SetBatchSize(ctx, batchID)
}

func (t onboardingTx) Scatter(ctx context.Context, batchID int64, applications []int64) error {
	if err := t.q.ClearBatchOf(ctx, dbsqlc.ClearBatchOfParams{BatchID: batchID, Ids: applications}); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	return t.q.SetBatchSize(ctx, batchID)
}

func (t onboardingTx) DeleteBatch(ctx context.Context, id int64) error {
	return t.q.DeleteBatch(ctx, id)
}

func (t onboardingTx) Decide(ctx context.Context, id, by int64, window time.Duration) error {
	return moved(t.q.DecideBatch(ctx, dbsqlc.DecideBatchParams{
		ID: id, DecidedBy: idOrNull(by), UndoSeconds: window.Seconds(),
	}))
}

func (t onboardingTx) Undo(ctx context.Context, id int64) error { return moved(t.q.UndoBatch(ctx, id)) }

func (t onboardingTx) Release(ctx context.Context) ([]int64, error) { return t.q.ReleaseBatches(ctx) }

func (t onboardingTx) Stalled(ctx context.Context, since time.Duration) ([]int64, error) {
	return t.q.StalledBatches(ctx, since.Seconds())
}

func (t onboardingTx) LockCampaignsOf(ctx context.Context, batchID int64) ([]onboarding.Campaign, error) {
	rows, err := t.q.LockCampaignsOf(ctx, batchID)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]onboarding.Campaign, 0, len(rows))
	for _, r := range rows {
		out = append(out, campaign(r.Campaign, r.Plan))
	}
	return out, nil
}

func (t onboardingTx) Remaining(
	ctx context.Context, batchID int64, limit int, in ...onboarding.State,
) ([]onboarding.Application, error) {
	rows, err := t.q.RemainingOfBatch(ctx, dbsqlc.RemainingOfBatchParams{
		BatchID: batchID, States: texts(in), UpTo: int32(limit), //nolint:gosec // small
	})
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]onboarding.Application, 0, len(rows))
	for _, r := range rows {
		out = append(out, application(r.Application))
	}
	return out, nil
}

func (t onboardingTx) Settle(ctx context.Context, applications []int64, to onboarding.State, reason string) error {
	return t.q.SettleApplications(ctx, dbsqlc.SettleApplicationsParams{Ids: applications, ToState: string(to), Reason: reason})
}

func (t onboardingTx) Progress(ctx context.Context, batchID int64) error {
	return t.q.NoteBatchProgress(ctx, batchID)
}

func (t onboardingTx) Finish(ctx context.Context, batchID int64) error {
	return moved(t.q.FinishBatch(ctx, batchID))
}
