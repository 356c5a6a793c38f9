package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"nichoir/internal/metrics"
	"nichoir/nextcloud"
)

// refusing is a server that is always busy, and counts.
type refusing struct{ calls int }

func (r *refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	r.calls++
	return &http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: req}, nil
}

func testDialer(t *testing.T, perSecond float64) (*dialer, *refusing, *metrics.Metrics) {
	t.Helper()
	m, err := metrics.New(metrics.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	next := &refusing{}
	return newDialer(Options{Transport: next, CallsPerSecond: perSecond, Version: "test"}, m), next, m
}

func TestCallsAreCountedByServer(t *testing.T) {
	t.Parallel()
	d, _, m := testDialer(t, 1000)
	for _, base := range []string{"https://one.example", "https://two.example:8443/cloud", "https://one.example"} {
		c, err := d.dial(base, "nichoir", "secret")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.CreateGroup(t.Context(), "sp-x", "x"); err == nil {
			t.Fatal("a busy server was content")
		}
	}
	want := `
# HELP nichoir_nextcloud_calls_total Calls to Nextcloud servers, by what was asked and how it ended.
# TYPE nichoir_nextcloud_calls_total counter
nichoir_nextcloud_calls_total{call="create group",host="one.example",outcome="retry"} 2
nichoir_nextcloud_calls_total{call="create group",host="two.example:8443",outcome="retry"} 1
`
	if err := testutil.GatherAndCompare(m, strings.NewReader(want), "nichoir_nextcloud_calls_total"); err != nil {
		t.Error(err)
	}
}

func TestAServerGetsSoManyCallsASecond(t *testing.T) {
	t.Parallel()
	d, next, _ := testDialer(t, 0.001) // one, and the next in a quarter of an hour
	first, err := d.dial("https://one.example", "nichoir", "secret")
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.dial("https://one.example", "nichoir", "secret") // the limit is the server's, not the client's
	if err != nil {
		t.Fatal(err)
	}
	_, _ = first.Status(t.Context()) // busy, as above
	if _, err := again.Status(t.Context()); nextcloud.EffectOf(err) != nextcloud.EffectNone || next.calls != 1 {
		t.Errorf("the second call: %v; %d calls went out, want one", err, next.calls)
	}
	other, err := d.dial("https://two.example", "nichoir", "secret")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = other.Status(t.Context())
	if next.calls != 2 {
		t.Errorf("%d calls went out, want one to each server", next.calls)
	}
}

func TestAnAddressThatIsNoneIsRefusedAsItIs(t *testing.T) {
	t.Parallel()
	d, _, _ := testDialer(t, 1)
	if _, err := d.dial("http://cloud.example", "nichoir", "secret"); !errors.Is(err, nextcloud.ErrInsecure) {
		t.Errorf("error %v", err)
	}
}

func TestCleanupsRunOnceTheLastFirstWhateverFails(t *testing.T) {
	t.Parallel()
	var order []string
	c := cleanups{log: slog.New(slog.DiscardHandler)}
	for _, name := range []string{"database", "queue", "pages"} {
		c.add(name, func(context.Context) error {
			order = append(order, name)
			if name == "queue" {
				return errors.New("stuck")
			}
			return nil
		})
	}
	if err := c.run(t.Context()); err == nil || err.Error() != "stop queue: stuck" {
		t.Errorf("error %v", err)
	}
	if err := c.run(t.Context()); err != nil || !slices.Equal(order, []string{"pages", "queue", "database"}) {
		t.Errorf("order %v, then %v", order, err)
	}
}
