package webhooks_test

import (
	"net/http"
	"testing"
	"time"

	"nichoir/internal/problem"
	"nichoir/internal/support/webhooks"
)

func (b *bundle) replay(t *testing.T, w webhooks.Webhook, delivery string) {
	t.Helper()
	if err := b.Replay(t.Context(), org, w.PublicID, delivery, b.manager); err != nil {
		t.Fatal(err)
	}
}

func TestAReplayClickedTwiceIsOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, _ := b.add(t)
	b.event(t, "one")
	b.attempt(t)
	_, log := b.log(t, w)
	b.replay(t, w, log[0].PublicID)
	b.replay(t, w, log[0].PublicID)
	var jobs, lines int
	b.row(t, &jobs, `SELECT count(*) FROM river_job WHERE kind = 'deliver_webhook'`)
	b.row(t, &lines, `SELECT count(*) FROM audit WHERE action = 'webhook.replayed'`)
	if jobs != 2 || lines != 1 { // the first was the event's own
		t.Errorf("%d jobs and %d lines of the trail", jobs, lines)
	}
	if err := b.Replay(t.Context(), org, w.PublicID, "msg_none", b.manager); problem.CodeOf(err) != problem.NotFound {
		t.Errorf("a delivery that there is not: %v", err)
	}
}

// TestAReplayLeavesWhatIsHeldAlone clicks while the receiver is being told.
func TestAReplayLeavesWhatIsHeldAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, _ := b.add(t)
	b.event(t, "one")
	_, log := b.log(t, w)
	b.receiver.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if err := b.Replay(t.Context(), org, w.PublicID, log[0].PublicID, b.manager); err != nil {
			t.Error(err)
		}
	})
	b.attempt(t)
	if _, log := b.log(t, w); log[0].State != webhooks.Delivered || log[0].Attempts != 1 {
		t.Errorf("the attempt was forgotten: %+v", log[0])
	}
}

// TestAReplayDoesNotWaitForTheNextAttempt is for who mended the tool, and has a pause of hours ahead.
func TestAReplayDoesNotWaitForTheNextAttempt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, _ := b.add(t)
	b.receiver.set(http.StatusBadGateway)
	b.event(t, "one")
	b.attempt(t)
	b.turn(time.Minute)
	b.attempt(t)
	b.receiver.set(http.StatusOK)
	_, log := b.log(t, w)
	b.replay(t, w, log[0].PublicID)
	b.attempt(t)
	if _, log := b.log(t, w); log[0].State != webhooks.Delivered {
		t.Errorf("it waits: %+v", log[0])
	}
}
