package queue

import (
	"context"
	"fmt"

	"github.com/riverqueue/river"

	"nichoir/provisioning"
)

// workSpace works on whatever a space has to do.
type workSpace struct {
	river.WorkerDefaults[provisioning.WorkSpace]

	spaces Provisioning
}

// Work implements river.Worker. Waiting is no failure: attempts are counted on the step.
func (w *workSpace) Work(ctx context.Context, job *river.Job[provisioning.WorkSpace]) error {
	out, err := w.spaces.Work(ctx, job.Args.SpaceID)
	return later("work on the space", out, err)
}

// later turns an outcome into River's answer.
func later(doing string, out provisioning.Outcome, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if out.Again > 0 {
		return river.JobSnooze(out.Again)
	}
	return nil
}
