package queue

import (
	"context"

	"github.com/riverqueue/river"

	"nichoir/provisioning"
)

// sweepHost reads the quotas of all spaces of a host.
type sweepHost struct {
	river.WorkerDefaults[provisioning.SweepHost]

	spaces Provisioning
}

// Work implements river.Worker.
func (w *sweepHost) Work(ctx context.Context, job *river.Job[provisioning.SweepHost]) error {
	out, err := w.spaces.Sweep(ctx, job.Args.HostID)
	return later("sweep the host", out, err)
}
