package queue

import (
	"context"
	"fmt"

	"github.com/riverqueue/river"

	"nichoir/internal/onboarding"
)

// applyBatch carries out the next hundred rows of a released batch; the service enqueues the job of the following ones.
type applyBatch struct {
	river.WorkerDefaults[onboarding.ApplyBatch]

	applications Onboarding
}

// Work implements river.Worker.
func (w *applyBatch) Work(ctx context.Context, job *river.Job[onboarding.ApplyBatch]) error {
	if err := w.applications.ApplyBatch(ctx, job.Args.BatchID); err != nil {
		return fmt.Errorf("carry out the batch: %w", err)
	}
	return nil
}
