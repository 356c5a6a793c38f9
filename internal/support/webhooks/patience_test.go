package webhooks_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestAReceiverCanAskForTime puts the next attempt off by what a receiver under load asks for, and by no more than a day.
func TestAReceiverCanAskForTime(t *testing.T) {
	t.Parallel()
	const least = 5 * time.Second // the pause after the first attempt
	in := func(d time.Duration) string { return start().Add(d).Format(http.TimeFormat) }
	for name, tc := range map[string]struct {
		status int
		after  string
		want   time.Duration
	}{
		"seconds":                    {http.StatusTooManyRequests, "600", 10 * time.Minute},
		"seconds, when out of order": {http.StatusServiceUnavailable, "600", 10 * time.Minute},
		"a date":                     {http.StatusServiceUnavailable, in(time.Hour), time.Hour},
		"less than the pause":        {http.StatusTooManyRequests, "1", least},
		"a date that is over":        {http.StatusTooManyRequests, in(-time.Hour), least},
		"a week":                     {http.StatusTooManyRequests, "604800", 24 * time.Hour},
		"a date in a year":           {http.StatusTooManyRequests, in(365 * 24 * time.Hour), 24 * time.Hour},
		"more than any number holds": {http.StatusTooManyRequests, strings.Repeat("9", 40), 24 * time.Hour},
		"less than nothing":          {http.StatusTooManyRequests, "-600", least},
		"words":                      {http.StatusTooManyRequests, "tomorrow", least},
		"nothing":                    {http.StatusTooManyRequests, "", least},
		"another failure":            {http.StatusInternalServerError, "600", least},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			w, _ := b.add(t)
			b.receiver.set(tc.status)
			b.receiver.after = tc.after
			b.event(t, "one")
			b.attempt(t)
			_, log := b.log(t, w)
			if got := log[0].NextTry.Sub(b.clock()); got < tc.want || got > tc.want+tc.want/10 {
				t.Errorf("the next attempt is in %v, want %v and up to a tenth more", got, tc.want)
			}
		})
	}
}
