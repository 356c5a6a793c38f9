package postgres

import (
	"context"
	"fmt"

	"nichoir/internal/metrics"
	"nichoir/internal/postgres/dbsqlc"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
)

// Tickets counts tickets by state.
func (s *MetricsSource) Tickets(ctx context.Context) ([]metrics.Count, error) {
	states := texts([]tickets.State{tickets.Unanswered, tickets.Open, tickets.Waiting, tickets.Solved, tickets.Closed})
	rows, err := s.db.q.MetricTickets(ctx, states)
	return counted[dbsqlc.MetricTicketsRow](rows, err, "count the tickets")
}

// Links counts links by state.
func (s *MetricsSource) Links(ctx context.Context) ([]metrics.Count, error) {
	states := texts([]linking.State{linking.Proposed, linking.Accepted, linking.Declined, linking.Lapsed, linking.Ended})
	rows, err := s.db.q.MetricSupportLinks(ctx, states)
	return counted[dbsqlc.MetricSupportLinksRow](rows, err, "count the links")
}

// Providers counts providers by state.
func (s *MetricsSource) Providers(ctx context.Context) ([]metrics.Count, error) {
	states := texts([]directory.State{directory.Applied, directory.Listed, directory.Paused, directory.Refused})
	rows, err := s.db.q.MetricProviders(ctx, states)
	return counted[dbsqlc.MetricProvidersRow](rows, err, "count the providers")
}

// Unanswered tells of the tickets that wait for their first answer.
func (s *MetricsSource) Unanswered(ctx context.Context) ([]metrics.Unanswered, error) {
	rows, err := s.db.q.MetricUnanswered(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for unanswered tickets: %w", err)
	}
	out := make([]metrics.Unanswered, len(rows))
	for i, r := range rows {
		out[i] = metrics.Unanswered{Holder: r.Holder, N: r.N, Late: r.Late, Age: seconds(r.Age)}
	}
	return out, nil
}

// Deliveries tells of the deliveries that are due and not made.
func (s *MetricsSource) Deliveries(ctx context.Context) (metrics.Waiting, error) {
	r, err := s.db.q.MetricDeliveries(ctx)
	if err != nil {
		return metrics.Waiting{}, fmt.Errorf("count the deliveries: %w", err)
	}
	return metrics.Waiting{N: r.N, Age: seconds(r.Age)}, nil
}
