package webhooks_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"testing"
	"time"

	"nichoir/internal/postgres"
	"nichoir/internal/problem"
	"nichoir/internal/support/webhooks"
)

// exhaust fails a delivery of its own until it is given up, which takes three days, or until the webhook stops.
func (b *bundle) exhaust(t *testing.T, w webhooks.Webhook, key string) {
	t.Helper()
	b.event(t, key)
	for {
		b.attempt(t)
		got, log := b.log(t, w)
		if got.State != webhooks.On || log[0].State != webhooks.Pending {
			return
		}
		b.turn(log[0].NextTry.Sub(b.clock()))
	}
}

// TestATimeWithoutEventsIsNoneOfFailure has a tool that is mended after a delivery was given up, in a quiet week, and is away for a
// moment when the next event comes.
func TestATimeWithoutEventsIsNoneOfFailure(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, _ := b.add(t)
	b.receiver.set(http.StatusBadGateway)
	b.exhaust(t, w, "one")
	b.turn(6 * 24 * time.Hour)
	b.event(t, "two")
	b.attempt(t)
	if got, _ := b.log(t, w); got.State != webhooks.On || !got.FailingSince.Equal(b.clock()) {
		t.Errorf("it is %s since %v, want on since now", got.State, got.FailingSince)
	}
}

// TestFailuresOfOneDeliveryAfterAnotherAreOneSpan has the next event a day after the first was given up.
func TestFailuresOfOneDeliveryAfterAnotherAreOneSpan(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, _ := b.add(t)
	since := b.clock()
	b.receiver.set(http.StatusBadGateway)
	b.exhaust(t, w, "one")
	b.turn(24 * time.Hour)
	b.exhaust(t, w, "two")
	if got, _ := b.log(t, w); got.State != webhooks.Failing || !got.FailingSince.Equal(since) {
		t.Errorf("it is %s since %v, want failing since %v", got.State, got.FailingSince, since)
	}
}

// TestAReceiverThatIsGoneIsToldNothingMore answers 410 once, as Standard Webhooks has receivers do that were taken away.
func TestAReceiverThatIsGoneIsToldNothingMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, _ := b.add(t)
	b.receiver.set(http.StatusGone)
	b.event(t, "one")
	b.event(t, "two")
	b.attempt(t)
	got, log := b.log(t, w)
	if got.State != webhooks.Gone || !got.FailedAt.Equal(b.clock()) || len(b.receiver.all()) != 1 {
		t.Errorf("it is %s since %v, and was told %d times", got.State, got.FailedAt, len(b.receiver.all()))
	}
	if first := log[len(log)-1]; first.Cause != webhooks.CauseGone || first.Status != http.StatusGone {
		t.Errorf("the log says %+v", first)
	}
	if len(b.results) != 1 || b.results[0] != webhooks.CauseGone {
		t.Errorf("observed %v", b.results)
	}
	var mails, all int
	b.row(t, &mails, `SELECT count(*) FROM mails WHERE template = $1 AND recipient = $2`, webhooks.LetterGone, b.manager.Email)
	b.row(t, &all, `SELECT count(*) FROM mails`)
	if mails != 1 || all != 1 {
		t.Errorf("%d mails to the manager of %d", mails, all)
	}
	b.receiver.set(http.StatusNoContent)
	if err := b.Switch(t.Context(), org, w.PublicID, true, b.manager); err != nil {
		t.Fatal(err)
	}
	b.turn(time.Hour)
	b.attempt(t)
	if got, _ := b.log(t, w); got.State != webhooks.On || !got.FailedAt.IsZero() || len(b.receiver.all()) != 3 {
		t.Errorf("resumed, it is %s since %v, and was told %d times", got.State, got.FailedAt, len(b.receiver.all()))
	}
}

// TestNoneIsAddedToAProviderThatIsTakenOut has the team take it out after the manager was let in, and before the webhook is kept.
func TestNoneIsAddedToAProviderThatIsTakenOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	db, err := postgres.New(b.pool, func(event, recipient string) string { return event + recipient })
	if err != nil {
		t.Fatal(err)
	}
	b.Service = webhooks.New(webhooks.Options{Store: takesOut{db.Webhooks(), b}, Seal: b.vault, Clock: b.clock, Rand: rand.Reader, Inner: true})
	if _, _, err := b.Add(t.Context(), org, b.receiver.URL, b.manager); problem.CodeOf(err) != problem.NotFound {
		t.Errorf("got %v", err)
	}
	var n int
	b.row(t, &n, `SELECT count(*) FROM webhooks`)
	if n != 0 {
		t.Errorf("%d webhooks are kept", n)
	}
}

// takesOut is a store before whose transactions the provider is taken out.
type takesOut struct {
	webhooks.Store
	b *bundle
}

func (s takesOut) InTx(ctx context.Context, fn func(webhooks.Tx) error) error {
	if _, err := s.b.pool.Exec(ctx, `UPDATE providers SET state = 'refused'`); err != nil {
		return err
	}
	return s.Store.InTx(ctx, fn)
}
