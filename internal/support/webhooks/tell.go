package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
)

// TypePing is the type of the event that a provider sends itself as a test.
const TypePing = "ping"

// Deliver is a job: one attempt of one delivery.
type Deliver struct {
	DeliveryID int64     `json:"delivery_id"`
	At         time.Time `json:"at,omitzero"` // not before
}

// Kind names the job for the queue.
func (Deliver) Kind() string { return "deliver_webhook" }

// NotBefore is when the attempt may be made.
func (d Deliver) NotBefore() time.Time { return d.At }

// body is what is told, in the form that Standard Webhooks recommends.
type body struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      data      `json:"data"`
}

type data struct {
	Ticket *thing `json:"ticket,omitempty"`
	Link   *thing `json:"link,omitempty"`
}

type thing struct {
	ID     string `json:"id"`
	Number int64  `json:"number,omitempty"`
	State  string `json:"state"`
	Help   string `json:"help,omitempty"`
	URL    string `json:"url,omitempty"`
}

func (s *Service) payload(e support.Event) ([]byte, error) {
	b := body{Type: e.Type, Timestamp: time.Unix(e.At, 0).UTC()}
	about := &thing{ID: e.Public, Number: e.Number, State: e.State, Help: e.Help, URL: s.opts.Link(e)}
	switch {
	case e.Number != 0:
		b.Data.Ticket = about
	case e.Public != "":
		b.Data.Link = about
	}
	out, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("write an event: %w", err)
	}
	return out, nil
}

// FanOut makes the deliveries of an event: one for each webhook of the provider that is on. Again: nothing more.
func (s *Service) FanOut(ctx context.Context, e support.Event) error {
	payload, err := s.payload(e)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx Tx) error {
		listeners, err := tx.ListenersOf(ctx, e.ProviderID)
		if err != nil {
			return fmt.Errorf("look for webhooks: %w", err)
		}
		for _, id := range listeners {
			if err := s.tell(ctx, tx, NewDelivery{WebhookID: id, EventKey: e.Key, Type: e.Type, Payload: payload}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) tell(ctx context.Context, tx Tx, d NewDelivery) error {
	id, err := identity.NewPublicID(s.opts.Rand)
	if err != nil {
		return err
	}
	d.PublicID, d.At = "msg_"+id, s.now()
	row, err := tx.InsertDelivery(ctx, d)
	if err != nil {
		return fmt.Errorf("keep a delivery: %w", err)
	}
	if row == 0 { // told before
		return nil
	}
	return tx.Enqueue(ctx, Deliver{DeliveryID: row})
}

// Test tells a webhook an event of type "ping". problem.Conflict while it is paused.
func (s *Service) Test(ctx context.Context, providerPublicID, webhookPublicID string, by identity.Person) error {
	key, err := identity.NewPublicID(s.opts.Rand)
	if err != nil {
		return err
	}
	payload, err := s.payload(support.Event{Type: TypePing, At: s.now().Unix()})
	if err != nil {
		return err
	}
	return s.change(ctx, providerPublicID, webhookPublicID, "webhook.tested", by, func(tx Tx, w Webhook) error {
		if w.State != On {
			return problem.New(problem.Conflict, "problem.webhook_paused")
		}
		return s.tell(ctx, tx, NewDelivery{WebhookID: w.ID, EventKey: TypePing + ":" + key, Type: TypePing, Payload: payload})
	})
}

// Replay tells a delivery again, or without waiting for its next attempt, under the same webhook-id; one that is under way is left
// alone. problem.Conflict while the webhook is paused.
func (s *Service) Replay(ctx context.Context, providerPublicID, webhookPublicID, delivery string, by identity.Person) error {
	err := s.change(ctx, providerPublicID, webhookPublicID, "webhook.replayed", by, func(tx Tx, w Webhook) error {
		if w.State != On {
			return problem.New(problem.Conflict, "problem.webhook_paused")
		}
		id, err := tx.Replay(ctx, w.ID, delivery, s.now())
		if errors.Is(err, ErrNotFound) {
			return notFound()
		}
		if err != nil {
			return fmt.Errorf("take the delivery up again: %w", err)
		}
		return tx.Enqueue(ctx, Deliver{DeliveryID: id})
	})
	if errors.Is(err, ErrMoved) {
		return nil // a second click
	}
	return err
}
