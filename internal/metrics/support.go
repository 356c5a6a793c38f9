package metrics

import (
	"context"
	"fmt"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// SupportSource is what metrics ask of the database about support: one query each.
type SupportSource interface {
	// Tickets counts tickets by state, states without any included.
	Tickets(ctx context.Context) ([]Count, error)
	// Unanswered tells of the tickets that nobody answered yet, by who holds them ("provider", "team"), both included.
	Unanswered(ctx context.Context) ([]Unanswered, error)
	// Links counts links between spaces and providers by state, states without any included.
	Links(ctx context.Context) ([]Count, error)
	// Providers counts providers by state, states without any included.
	Providers(ctx context.Context) ([]Count, error)
	// Deliveries tells of the webhooks' deliveries that are due and not made.
	Deliveries(ctx context.Context) (Waiting, error)
}

// Unanswered tells how many tickets wait for their first answer, and how old the oldest is.
type Unanswered struct {
	Holder string
	N      int64
	Age    time.Duration // of the oldest; 0 when there is none
	Late   int64         // of which the promised time is over
}

// Incoming counts what became of an incoming mail.
func (m *Metrics) Incoming(outcome string) { m.incoming.WithLabelValues(outcome).Inc() }

// InboxRead notes that the mailbox was read to its end.
func (m *Metrics) InboxRead(at time.Time) { m.inboxRead.Set(float64(at.Unix())) }

// Webhook counts the end of one attempt at telling a webhook.
func (m *Metrics) Webhook(result string) { m.webhooks.WithLabelValues(result).Inc() }

func supportLevels(ctx context.Context, s Source) ([]*dto.MetricFamily, error) {
	return counts(ctx, []level{
		{"nichoir_tickets", "Tickets, by state.", "state", s.Tickets},
		{"nichoir_support_links", "Links between spaces and providers, by state.", "state", s.Links},
		{"nichoir_providers", "Providers, by state.", "state", s.Providers},
	})
}

func unanswered(ctx context.Context, s Source) ([]*dto.MetricFamily, error) {
	all, err := s.Unanswered(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the unanswered tickets: %w", err)
	}
	n := newFamily("nichoir_tickets_unanswered", "Tickets that wait for their first answer, by who holds them.", len(all))
	late := newFamily("nichoir_tickets_unanswered_late", "Tickets of which the first answer is later than promised, by who holds them.", len(all))
	age := newFamily("nichoir_oldest_unanswered_ticket_age_seconds", "Age of the oldest ticket that waits for its first answer, by who holds it; 0 when none waits.", len(all))
	for _, u := range all {
		holder := labels("holder", u.Holder)
		n.add(float64(u.N), holder)
		late.add(float64(u.Late), holder)
		age.add(u.Age.Seconds(), holder)
	}
	return []*dto.MetricFamily{n.done(), late.done(), age.done()}, nil
}

func deliveries(ctx context.Context, s Source) ([]*dto.MetricFamily, error) {
	due, err := s.Deliveries(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the deliveries: %w", err)
	}
	n := newFamily("nichoir_webhook_deliveries_due", "Deliveries to webhooks that are due and not made.", 1)
	n.add(float64(due.N), nil)
	age := newFamily("nichoir_oldest_due_webhook_delivery_seconds", "For how long the oldest of the due deliveries has been due; 0 when there is none.", 1)
	age.add(due.Age.Seconds(), nil)
	return []*dto.MetricFamily{n.done(), age.done()}, nil
}
