package queue

import (
	"context"
	"fmt"

	"github.com/riverqueue/river"

	"nichoir/internal/support"
	"nichoir/internal/support/webhooks"
)

// Webhooks is what the queue asks of webhooks.
type Webhooks interface {
	FanOut(ctx context.Context, e support.Event) error
	Attempt(ctx context.Context, deliveryID int64) error
	ByID(ctx context.Context, id int64) (w webhooks.Webhook, provider string, err error)
}

// supportEvent tells an event to the webhooks of its provider.
type supportEvent struct {
	river.WorkerDefaults[support.Event]

	webhooks Webhooks
}

// Work implements river.Worker.
func (w *supportEvent) Work(ctx context.Context, job *river.Job[support.Event]) error {
	if err := w.webhooks.FanOut(ctx, job.Args); err != nil {
		return fmt.Errorf("tell an event: %w", err)
	}
	return nil
}

// deliverWebhook makes one attempt of a delivery. That the receiver refused is no failure of the job: the delivery's row says
// when it is tried again.
type deliverWebhook struct {
	river.WorkerDefaults[webhooks.Deliver]

	webhooks Webhooks
}

// Work implements river.Worker.
func (w *deliverWebhook) Work(ctx context.Context, job *river.Job[webhooks.Deliver]) error {
	if err := w.webhooks.Attempt(ctx, job.Args.DeliveryID); err != nil {
		return fmt.Errorf("deliver to a webhook: %w", err)
	}
	return nil
}
