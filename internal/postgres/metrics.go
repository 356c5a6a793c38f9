package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nichoir/internal/metrics"
	"nichoir/internal/onboarding"
	"nichoir/internal/postgres/dbsqlc"
	"nichoir/provisioning"
)

// MetricsSource answers what metrics ask: one statement each, none of them per space.
type MetricsSource struct{ db *DB }

var _ metrics.Source = (*MetricsSource)(nil)

// Metrics returns the source of the database's metrics.
func (db *DB) Metrics() *MetricsSource { return &MetricsSource{db: db} }

// Readings returns the latest reading of every space that is not closed.
func (s *MetricsSource) Readings(ctx context.Context) ([]metrics.Reading, error) {
	rows, err := s.db.q.MetricReadings(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the readings: %w", err)
	}
	out := make([]metrics.Reading, len(rows))
	for i, r := range rows {
		out[i] = metrics.Reading{Space: r.PublicID, QuotaBytes: r.QuotaBytes, UsedBytes: r.UsedBytes,
			Accounts: int(r.Accounts), Limit: int(r.AccountLimit), At: r.ReadAt}
	}
	return out, nil
}

// row is what a query that counts returns, under whichever name.
type row interface {
	~struct {
		Of string
		N  int64
	}
}

// counted are the rows of a query that counts, as metrics know them.
func counted[R row](rows []R, err error, doing string) ([]metrics.Count, error) {
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	out := make([]metrics.Count, len(rows))
	for i, r := range rows {
		out[i] = metrics.Count(r)
	}
	return out, nil
}

// Spaces counts spaces by state.
func (s *MetricsSource) Spaces(ctx context.Context) ([]metrics.Count, error) {
	rows, err := s.db.q.MetricSpaces(ctx, spaceStates())
	return counted[dbsqlc.MetricSpacesRow](rows, err, "count the spaces")
}

func spaceStates() []string {
	var names []string
	for _, st := range []provisioning.State{provisioning.Queued, provisioning.Provisioning, provisioning.Ready, provisioning.Active,
		provisioning.Suspended, provisioning.Closing, provisioning.Deleting, provisioning.Closed} {
		names = append(names, string(st))
	}
	return names
}

// Blocked counts the spaces that wait for a person, by cause.
func (s *MetricsSource) Blocked(ctx context.Context) ([]metrics.Count, error) {
	rows, err := s.db.q.MetricBlocked(ctx)
	return counted[dbsqlc.MetricBlockedRow](rows, err, "count the blocked spaces")
}

// Applications counts applications by state.
func (s *MetricsSource) Applications(ctx context.Context) ([]metrics.Count, error) {
	var states []string
	for _, st := range onboarding.States() {
		states = append(states, string(st))
	}
	rows, err := s.db.q.MetricApplications(ctx, states)
	return counted[dbsqlc.MetricApplicationsRow](rows, err, "count the applications")
}

// Mails tells of the mails that are not sent yet.
func (s *MetricsSource) Mails(ctx context.Context) (metrics.Waiting, error) {
	r, err := s.db.q.MetricMails(ctx)
	if err != nil {
		return metrics.Waiting{}, fmt.Errorf("count the mails: %w", err)
	}
	return metrics.Waiting{N: r.N, Age: seconds(r.Age)}, nil
}

// Hosts returns the hosts that are not retired.
func (s *MetricsSource) Hosts(ctx context.Context) ([]metrics.Host, error) {
	rows, err := s.db.q.MetricHosts(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the hosts: %w", err)
	}
	out := make([]metrics.Host, len(rows))
	for i, r := range rows {
		out[i] = metrics.Host{Name: r.Name, Health: r.Health, Spaces: r.Spaces, Capacity: int64(r.Capacity)}
	}
	return out, nil
}

// waitingJobs looks at River's table, which sqlc does not know. A job that is retried or snoozed waits from the moment its
// time has come. Of jobs that are over, which are most, nothing is read: the index begins with the state.
const waitingJobs = `
SELECT q.queue, count(j.id), COALESCE(extract(epoch FROM now() - min(j.scheduled_at)), 0)::float8
FROM unnest($1::text[]) AS q (queue)
LEFT JOIN river_job j
    ON j.queue = q.queue AND j.state IN ('available', 'retryable', 'scheduled') AND j.scheduled_at <= now()
GROUP BY q.queue
ORDER BY q.queue`

// Queues tells of the jobs that could be worked now and are not.
func (s *MetricsSource) Queues(ctx context.Context) ([]metrics.Waiting, error) {
	rows, err := s.db.pool.Query(ctx, waitingJobs, []string{QueueDefault, QueueMail, QueueSpaces, QueueWebhooks})
	if err != nil {
		return nil, fmt.Errorf("look at the queues: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (metrics.Waiting, error) {
		var w metrics.Waiting
		var age float64
		err := row.Scan(&w.Queue, &w.N, &age)
		w.Age = seconds(age)
		return w, err
	})
	if err != nil {
		return nil, fmt.Errorf("look at the queues: %w", err)
	}
	return out, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
