package queue

import (
	"context"
	"errors"
	"fmt"

	"github.com/riverqueue/river"

	"nichoir/internal/postgres"
	"nichoir/provisioning"
)

// Tick is the job of a schedule whose time has come.
type Tick struct {
	Schedule string `json:"schedule"`
}

// Kind names the job for the queue.
func (Tick) Kind() string { return "tick" }

// InsertOpts lets a tick fail once: the next one does the same. It must not be unique either: one that died with its
// process would keep the following ones away until it is rescued.
func (Tick) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 1} }

// How much one tick takes up, so that it stays short; what remains is taken up by the next.
const (
	dueLimit   = 1000
	lapseLimit = 500
)

type tick struct {
	river.WorkerDefaults[Tick]

	runs map[string]func(context.Context) error
}

// Work implements river.Worker.
func (w *tick) Work(ctx context.Context, job *river.Job[Tick]) error {
	run, known := w.runs[job.Args.Schedule]
	if !known {
		return river.JobCancel(fmt.Errorf("there is no schedule %q", job.Args.Schedule))
	}
	return run(ctx)
}

// runs is what each schedule does.
func (q *Queue) runs() map[string]func(context.Context) error {
	runs := map[string]func(context.Context) error{
		ScheduleRelease:   q.release,
		ScheduleProvision: q.provision,
		ScheduleSweep:     sweepAll(q.opts.Provisioning, q.store),
		ScheduleSupport:   q.support,
		ScheduleInbox:     func(context.Context) error { return nil },
		ScheduleExpiries:  q.expire,
	}
	if q.opts.Mailbox != nil {
		runs[ScheduleInbox] = newReading(q.opts).run
	}
	return runs
}

func (q *Queue) release(ctx context.Context) error {
	_, err := q.opts.Onboarding.ReleaseDue(ctx)
	_, promoted := q.opts.Onboarding.PromoteDue(ctx)
	return errors.Join(err, promoted)
}

func (q *Queue) provision(ctx context.Context) error {
	if _, err := q.opts.Provisioning.EnqueueDue(ctx, dueLimit); err != nil {
		return fmt.Errorf("take up what is due: %w", err)
	}
	return nil
}

func (q *Queue) expire(ctx context.Context) error {
	_, expired := q.opts.Onboarding.ExpireDue(ctx)
	_, lapsed := q.opts.Provisioning.LapseInvitations(ctx, lapseLimit)
	_, spaces := q.opts.Provisioning.Forget(ctx) // before the applications behind them
	_, applications := q.opts.Onboarding.Forget(ctx)
	_, pruned := q.opts.Identity.Prune(ctx)
	return errors.Join(expired, lapsed, spaces, applications, pruned)
}

// sweepAll makes one job a host, so that a slow server holds up nobody else's reading.
func sweepAll(spaces Provisioning, store *postgres.QueueStore) func(context.Context) error {
	return func(ctx context.Context) error {
		hosts, err := spaces.Hosts(ctx)
		if err != nil {
			return fmt.Errorf("list the hosts: %w", err)
		}
		for _, h := range hosts {
			if h.Lifecycle == provisioning.Retired {
				continue
			}
			if err := store.Enqueue(ctx, provisioning.SweepHost{HostID: h.ID}); err != nil {
				return err
			}
		}
		return nil
	}
}
