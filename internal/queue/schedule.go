package queue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/robfig/cron/v3"
)

// The names of the schedules.
const (
	ScheduleRelease   = "release"   // releases decided batches, and fills free places from the waiting list
	ScheduleProvision = "provision" // takes up spaces that have something to do and are held by nobody
	ScheduleSweep     = "sweep"     // reads the quotas of every host
	ScheduleSupport   = "support"   // looks after providers, links, tickets and webhooks
	ScheduleInbox     = "inbox"     // reads incoming mail
	ScheduleExpiries  = "expiries"  // ends what nobody answered, forgets what is of no use any more
)

// Names lists the schedules there are.
func Names() []string {
	return []string{ScheduleRelease, ScheduleProvision, ScheduleSweep, ScheduleSupport, ScheduleInbox, ScheduleExpiries}
}

// schedule is a name and when its time comes.
type schedule struct {
	name string
	spec string
	cron cron.Schedule
}

// next is the first time after t, in UTC.
func (s schedule) next(t time.Time) time.Time { return s.cron.Next(t.UTC()) }

func parseSchedules(specs map[string]string) ([]schedule, error) {
	var out []schedule
	for _, name := range slices.Sorted(maps.Keys(specs)) {
		if !slices.Contains(Names(), name) {
			return nil, fmt.Errorf("read the schedules: there is none called %q", name)
		}
		parsed, err := cron.ParseStandard(specs[name])
		if err != nil {
			return nil, fmt.Errorf("read the schedule %s: %w", name, err)
		}
		out = append(out, schedule{name: name, spec: specs[name], cron: parsed})
	}
	return out, nil
}

func (q *Queue) keepSchedules(ctx context.Context) error {
	for _, s := range q.schedules {
		if err := q.store.KeepSchedule(ctx, s.name, s.spec, s.next); err != nil {
			return fmt.Errorf("keep the schedules: %w", err)
		}
	}
	return nil
}

// keepTime ticks at once, for what was missed while nobody ran, and then regularly.
func (q *Queue) keepTime(ctx context.Context) {
	defer close(q.ticking)
	ticker := time.NewTicker(q.opts.Tick)
	defer ticker.Stop()
	for {
		if _, err := q.Tick(ctx); err != nil && ctx.Err() == nil {
			q.opts.Log.ErrorContext(ctx, "look at the schedules", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Tick claims every schedule that is due by the database's clock and enqueues its job, in one transaction each; it returns
// the names it won. Of several processes one wins. What was missed, however often, runs once.
func (q *Queue) Tick(ctx context.Context) ([]string, error) {
	due, err := q.store.DueSchedules(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for what is due: %w", err)
	}
	var won []string
	for _, d := range due {
		i := slices.IndexFunc(q.schedules, func(s schedule) bool { return s.name == d.Name })
		if i < 0 {
			continue // of another version of Nichoir, or switched off here
		}
		ok, err := q.store.Claim(ctx, d, q.schedules[i].next(d.Now), Tick{Schedule: d.Name})
		if err != nil {
			return won, fmt.Errorf("claim what is due: %w", err)
		}
		if ok {
			won = append(won, d.Name)
		}
	}
	return won, nil
}
