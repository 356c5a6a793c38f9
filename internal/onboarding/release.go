package onboarding

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/identity"
	"nichoir/provisioning"
)

const (
	applyChunk   = 100             // applications carried out in one transaction
	stalledAfter = 5 * time.Minute // without progress a batch's job is thought lost
)

// ReleaseDue releases the decided batches whose undo window has passed, by the database's clock, and enqueues the work of
// carrying them out; that of batches in which nothing has happened for five minutes is enqueued again. It returns how many
// jobs that made.
func (s *Service) ReleaseDue(ctx context.Context) (int, error) {
	n := 0
	err := s.store.InTx(ctx, func(tx Tx) error {
		released, err := tx.Release(ctx)
		if err != nil {
			return fmt.Errorf("release batches: %w", err)
		}
		for _, id := range released {
			if err := tx.Audit(ctx, batchEntry("batch.released", id, 0)); err != nil {
				return fmt.Errorf("write the trail: %w", err)
			}
		}
		stalled, err := tx.Stalled(ctx, stalledAfter)
		if err != nil {
			return fmt.Errorf("look for stalled batches: %w", err)
		}
		for _, id := range append(released, stalled...) {
			if err := tx.Enqueue(ctx, ApplyBatch{BatchID: id}); err != nil {
				return fmt.Errorf("enqueue the batch: %w", err)
			}
			n++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// ApplyBatch carries out the next hundred applications of a released batch, and enqueues itself for those that remain; with
// none left the batch is done. An application that has moved on is left alone, so that whatever is repeated changes
// nothing twice. A batch that is not released is left alone as well.
func (s *Service) ApplyBatch(ctx context.Context, batchID int64) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		b, err := tx.LockBatch(ctx, batchID)
		if err != nil {
			return known(err, "lock the batch")
		}
		if b.State != BatchReleased {
			return nil
		}
		campaigns, err := tx.LockCampaignsOf(ctx, batchID)
		if err != nil {
			return fmt.Errorf("lock the campaigns: %w", err)
		}
		todo, err := tx.Remaining(ctx, batchID, applyChunk, b.Decision.from()...)
		if err != nil {
			return fmt.Errorf("lock the batch's applications: %w", err)
		}
		if err := s.settle(ctx, tx, b, campaigns, todo); err != nil {
			return err
		}
		if len(todo) == applyChunk {
			if err := tx.Progress(ctx, batchID); err != nil {
				return fmt.Errorf("note the progress: %w", err)
			}
			return tx.Enqueue(ctx, ApplyBatch{BatchID: batchID})
		}
		if err := tx.Finish(ctx, batchID); err != nil {
			return fmt.Errorf("finish the batch: %w", err)
		}
		return tx.Audit(ctx, batchEntry("batch.done", batchID, 0))
	})
}

func (s *Service) settle(ctx context.Context, tx Tx, b Batch, campaigns []Campaign, todo []Application) error {
	if len(todo) == 0 {
		return nil
	}
	ids := make([]int64, 0, len(todo))
	for _, a := range todo {
		ids = append(ids, a.ID)
	}
	to, action := Approved, "application.approved"
	if b.Decision == Reject {
		to, action = Rejected, "application.rejected"
	}
	if err := tx.Settle(ctx, ids, to, b.Reason); err != nil {
		return fmt.Errorf("settle the applications: %w", err)
	}
	if err := tx.AuditEach(ctx, entry(action, 0, map[string]any{"batch": b.ID}), ids); err != nil {
		return fmt.Errorf("write the trail: %w", err)
	}
	if b.Decision == Reject {
		return s.refuse(ctx, tx, b, campaigns, todo)
	}
	return s.grant(ctx, tx, campaigns, todo)
}

// grant makes a space of each application.
func (s *Service) grant(ctx context.Context, tx Tx, campaigns []Campaign, todo []Application) error {
	plans := make(map[int64]provisioning.Plan, len(campaigns))
	for _, c := range campaigns {
		plans[c.ID] = c.Plan.Limits
	}
	for _, a := range todo {
		publicID, err := identity.NewPublicID(s.opts.Rand)
		if err != nil {
			return err
		}
		err = tx.CreateSpace(ctx, provisioning.NewSpace{
			PublicID: publicID, ApplicationID: a.ID, PersonID: a.PersonID,
			Name: a.Association, Slug: a.Slug, Lang: a.Lang, Suite: a.Suite, Plan: plans[a.CampaignID],
			LeadName: a.LeadName, LeadEmail: a.LeadEmail,
		})
		if err != nil {
			return fmt.Errorf("create the space: %w", err)
		}
	}
	return nil
}

// refuse tells the leads, unless the batch is a silent one, and gives the places to those who wait for them.
func (s *Service) refuse(ctx context.Context, tx Tx, b Batch, campaigns []Campaign, todo []Application) error {
	if b.Notify {
		for _, a := range todo {
			if err := tx.Enqueue(ctx, a.letter(LetterRejected, fmt.Sprintf("rejected:%d:%d", a.ID, b.ID))); err != nil {
				return fmt.Errorf("mail the lead: %w", err)
			}
		}
	}
	for _, c := range campaigns {
		if _, err := s.promote(ctx, tx, c); err != nil {
			return err
		}
	}
	return nil
}
