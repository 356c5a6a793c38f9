package queue

import (
	"context"

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
	return later(out, err)
}

// later turns an outcome into River's answer.
func later(out provisioning.Outcome, err error) error {
	if err != nil {
		return err
	}
	if out.Again > 0 {
		return river.JobSnooze(out.Again)
	}
	return nil
}
