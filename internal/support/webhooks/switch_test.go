package webhooks_test

import (
	"testing"
	"time"
)

// TestASwitchClickedTwiceIsOne resumes a webhook that is on, twice: since when nothing was delivered is not forgotten by it.
func TestASwitchClickedTwiceIsOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, _ := b.add(t)
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var id int64
	b.row(t, &id, `UPDATE webhooks SET failing_since = '2026-01-02 03:04:05Z' RETURNING id`)
	for _, on := range []bool{true, true, false, false} {
		if got, _ := b.log(t, w); on && !got.FailingSince.Equal(since) {
			t.Errorf("failing since %v, want %v", got.FailingSince, since)
		}
		if err := b.Switch(t.Context(), org, w.PublicID, on, b.manager); err != nil {
			t.Fatal(err)
		}
	}
	var lines int
	b.row(t, &lines, `SELECT count(*) FROM audit WHERE action IN ('webhook.paused', 'webhook.resumed')`)
	if lines != 1 {
		t.Errorf("%d lines of the trail, want that of the pause alone", lines)
	}
}
