package metrics

import (
	"context"
	"fmt"
	"slices"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// Source is what metrics ask of the database: one query each, none of them per space.
type Source interface {
	// Readings returns the latest reading of every space that is not closed, ordered by the space's opaque id.
	Readings(ctx context.Context) ([]Reading, error)
	// Spaces counts spaces by state, states without any included.
	Spaces(ctx context.Context) ([]Count, error)
	// Blocked counts the spaces that wait for a person, by cause.
	Blocked(ctx context.Context) ([]Count, error)
	// Applications counts applications by state, states without any included.
	Applications(ctx context.Context) ([]Count, error)
	// Queues tells of the jobs that could be worked now and are not, by queue, idle queues included.
	Queues(ctx context.Context) ([]Waiting, error)
	// Mails tells of the mails that are not sent yet.
	Mails(ctx context.Context) (Waiting, error)
	// Hosts returns the hosts that are not retired.
	Hosts(ctx context.Context) ([]Host, error)

	SupportSource
}

// Reading is what was last read of a space.
type Reading struct {
	Space      string // opaque id
	QuotaBytes int64  // of the Team folder
	UsedBytes  int64
	Accounts   int // that stand on the host
	Limit      int // of accounts
	At         time.Time
}

// Count is a number of rows that have a label's value in common.
type Count struct {
	Of string
	N  int64
}

// Waiting tells how much waits in a queue, and for how long the oldest of it.
type Waiting struct {
	Queue string // "" for mails
	N     int64
	Age   time.Duration
}

// Host is a Nextcloud server as metrics show it.
type Host struct {
	Name     string
	Health   string // one of Healths
	Spaces   int64
	Capacity int64
}

// Healths are the values of the label "health" in alphabetical order; one of them is 1 for each host.
func Healths() []string {
	return []string{"maintenance", "ok", "throttled", "unauthorized", "unreachable"}
}

// stored reads the database's families. One that cannot be read is left out, logged, and told by nichoir_database_up.
func (m *Metrics) stored(ctx context.Context) []*dto.MetricFamily {
	var families []*dto.MetricFamily
	up := 1.0
	for _, read := range []func(context.Context, Source) ([]*dto.MetricFamily, error){readings, levels, waiting, hosts,
		supportLevels, unanswered, deliveries} {
		got, err := read(ctx, m.opts.Source)
		families = append(families, got...)
		if err != nil {
			up = 0
			m.opts.Log.WarnContext(ctx, "metrics of the database are left out", "err", err)
		}
	}
	f := newFamily("nichoir_database_up", "1 when everything that the database tells could be read, else 0.", 1)
	f.add(up, nil)
	families = append(families, f.done())
	// The text format has no way to write a family without values.
	return slices.DeleteFunc(families, func(f *dto.MetricFamily) bool { return len(f.GetMetric()) == 0 })
}

// level is a family of one label.
type level struct {
	name, help, label string
	read              func(context.Context) ([]Count, error)
}

func levels(ctx context.Context, s Source) ([]*dto.MetricFamily, error) {
	return counts(ctx, []level{
		{"nichoir_spaces", "Spaces, by state.", "state", s.Spaces},
		{"nichoir_spaces_blocked", "Spaces of which a step waits for a person, by cause.", "cause", s.Blocked},
		{"nichoir_applications", "Applications, by state.", "state", s.Applications},
	})
}

// counts are the families of one label each.
func counts(ctx context.Context, all []level) ([]*dto.MetricFamily, error) {
	var families []*dto.MetricFamily
	for _, l := range all {
		counts, err := l.read(ctx)
		if err != nil {
			return families, fmt.Errorf("read %s: %w", l.name, err)
		}
		f := newFamily(l.name, l.help, len(counts))
		for _, c := range counts {
			f.add(float64(c.N), labels(l.label, c.Of))
		}
		families = append(families, f.done())
	}
	return families, nil
}

func waiting(ctx context.Context, s Source) ([]*dto.MetricFamily, error) {
	queues, err := s.Queues(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the queues: %w", err)
	}
	n := newFamily("nichoir_jobs_waiting", "Jobs that could be worked now and are not, by queue.", len(queues))
	age := newFamily("nichoir_oldest_waiting_job_age_seconds", "For how long the oldest of the waiting jobs could have been worked, by queue; 0 when none waits.", len(queues))
	for _, q := range queues {
		n.add(float64(q.N), labels("queue", q.Queue))
		age.add(q.Age.Seconds(), labels("queue", q.Queue))
	}
	families := []*dto.MetricFamily{n.done(), age.done()}
	mails, err := s.Mails(ctx)
	if err != nil {
		return families, fmt.Errorf("read the mails: %w", err)
	}
	m := newFamily("nichoir_mails_queued", "Mails that are not sent yet.", 1)
	m.add(float64(mails.N), nil)
	oldest := newFamily("nichoir_oldest_queued_mail_age_seconds", "Age of the oldest mail that is not sent yet; 0 when there is none.", 1)
	oldest.add(mails.Age.Seconds(), nil)
	return append(families, m.done(), oldest.done()), nil
}

func hosts(ctx context.Context, s Source) ([]*dto.MetricFamily, error) {
	all, err := s.Hosts(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the hosts: %w", err)
	}
	health := newFamily("nichoir_host_health", "1 for the health that a host has, 0 for the others.", len(all)*len(Healths()))
	spaces := newFamily("nichoir_host_spaces", "Spaces that live on a host.", len(all))
	limit := newFamily("nichoir_host_spaces_limit", "Spaces that a host takes at most.", len(all))
	for _, h := range all {
		for _, state := range Healths() {
			value := 0.0
			if state == h.Health {
				value = 1
			}
			health.add(value, append(labels("health", state), labels("host", h.Name)...))
		}
		spaces.add(float64(h.Spaces), labels("host", h.Name))
		limit.add(float64(h.Capacity), labels("host", h.Name))
	}
	return []*dto.MetricFamily{health.done(), spaces.done(), limit.done()}, nil
}

// readings are five families of one value a space each; the label is made once for all five.
func readings(ctx context.Context, s Source) ([]*dto.MetricFamily, error) {
	all, err := s.Readings(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the readings: %w", err)
	}
	quota := newFamily("nichoir_space_quota_bytes", "Quota of a space's Team folder, when it was last read.", len(all))
	used := newFamily("nichoir_space_used_bytes", "Use of a space's Team folder, when it was last read.", len(all))
	accounts := newFamily("nichoir_space_accounts", "Accounts in a space, when it was last read.", len(all))
	limit := newFamily("nichoir_space_accounts_limit", "Accounts that a space may have.", len(all))
	at := newFamily("nichoir_space_reading_timestamp_seconds", "When the space was last read, as Unix time.", len(all))
	for _, r := range all {
		space := labels("space", r.Space)
		quota.add(float64(r.QuotaBytes), space)
		used.add(float64(r.UsedBytes), space)
		accounts.add(float64(r.Accounts), space)
		limit.add(float64(r.Limit), space)
		at.add(float64(r.At.UnixMilli())/1000, space)
	}
	return []*dto.MetricFamily{quota.done(), used.done(), accounts.done(), limit.done(), at.done()}, nil
}
