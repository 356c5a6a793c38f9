package queue

import (
	"context"
	"testing"

	"nichoir/internal/support/webhooks"
)

// tarpits are receivers that never answer.
type tarpits struct {
	hooks

	caught chan struct{}
}

func (t tarpits) Attempt(ctx context.Context, _ int64) error {
	t.caught <- struct{}{}
	<-ctx.Done()
	return ctx.Err()
}

// TestReceiversThatNeverAnswerHoldUpNothingElse has more of them than there are workers for what is short.
func TestReceiversThatNeverAnswerHoldUpNothingElse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for id := range int64(10) {
		if err := b.db.Queue().Enqueue(t.Context(), webhooks.Deliver{DeliveryID: id + 1}); err != nil {
			t.Fatal(err)
		}
	}
	b.apps.apply = func(int64) error { return nil }
	o := b.options()
	pits := tarpits{hooks{b.support}, make(chan struct{}, 10)}
	o.Webhooks = pits
	b.start(t, o)
	for range o.Workers.Webhooks {
		await(t, pits.caught, "a delivery")
	}
	if err := b.db.Queue().Enqueue(t.Context(), batchJob(1)); err != nil {
		t.Fatal(err)
	}
	b.eventually(t, "what is ours", func() bool { return b.metrics.of("apply_batch done") == 1 })
}
