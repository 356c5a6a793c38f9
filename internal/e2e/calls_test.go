package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"nichoir/internal/app"
	"nichoir/internal/testdb"
	"nichoir/nextcloud/nextcloudtest"
)

// wire counts what a new space costs its host, without interruption and with one after every call.
type wire struct {
	calls    int // of a space that nothing interrupts
	most     int // of one whose process was stopped after some call and started anew
	repeated int // changes asked for again although they were recorded as done, over all of these
}

// countCalls makes a space, then as many more as that took calls, each with the process being stopped after another of them.
func countCalls(tb testing.TB, version nextcloudtest.Version) wire {
	tb.Helper()
	server := newNextcloud(tb, nextcloudtest.Options{Version: version})
	env := environ(testdb.DSN(tb))
	a := newNichoir(tb, env, nil)
	addHost(tb, a, server, 4)
	addCampaign(tb, a.DB.Pool())

	make1 := func(number, stopAfter int) (before, after []nextcloudtest.Request) {
		order(tb, a.DB.Pool(), number, 1)
		id := value[int64](tb, a.DB.Pool(), `SELECT max(id) FROM spaces`)
		server.ResetLog()
		if stopAfter > 0 {
			stopped(tb, env, id, stopAfter)
			before = server.Requests()
			server.ResetLog()
		}
		if out, err := a.Provisioning.Work(tb.Context(), id); err != nil || out.Again != 0 {
			tb.Fatalf("work on a space: %+v %v", out, err)
		}
		if state := value[string](tb, a.DB.Pool(), `SELECT state FROM spaces WHERE id = $1`, id); state != "ready" {
			tb.Fatalf("the space is %s", state)
		}
		return before, server.Requests()
	}
	_, all := make1(1, 0)
	w := wire{calls: len(all), most: len(all)}
	for n := 1; n <= w.calls; n++ {
		before, after := make1(n+1, n)
		w.most = max(w.most, len(before)+len(after))
		// The end of the last call was never recorded: whether it took place is what the next process has to find out.
		w.repeated += repeats(before[:n-1], after)
	}
	return w
}

// stopped works on a space in a process that is told to stop after its n-th call.
func stopped(tb testing.TB, env []string, id int64, n int) {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	defer cancel()
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	t := &stopAfter{next: base, left: int64(n), stop: cancel}
	a := newNichoir(tb, env, func(o *app.Options) { o.Transport = t })
	if _, err := a.Provisioning.Work(ctx, id); err != nil && !errors.Is(err, context.Canceled) {
		tb.Fatalf("work until call %d: %v", n, err)
	}
	if t.left > 0 {
		tb.Fatalf("the process was to stop after call %d, and made %d fewer", n, t.left)
	}
}

// stopAfter stops its process when so many calls were answered.
type stopAfter struct {
	next http.RoundTripper
	left int64
	stop context.CancelFunc
}

func (s *stopAfter) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := s.next.RoundTrip(r)
	if atomic.AddInt64(&s.left, -1) == 0 {
		s.stop()
	}
	return answer, err
}

// repeats counts the changes among the later calls that were made before.
func repeats(before, after []nextcloudtest.Request) int {
	made := map[string]bool{}
	for _, r := range before {
		if r.EffectDone && changes(r) {
			made[r.Method+" "+r.Path] = true
		}
	}
	n := 0
	for _, r := range after {
		if changes(r) && made[r.Method+" "+r.Path] {
			n++
		}
	}
	return n
}

func changes(r nextcloudtest.Request) bool {
	return r.Method != http.MethodGet && r.Method != "PROPFIND"
}

// TestCallsOfASpace holds Nichoir to at most 11 calls for a new space, none of which is repeated by a resume.
func TestCallsOfASpace(t *testing.T) {
	t.Parallel()
	for _, version := range []nextcloudtest.Version{nextcloudtest.V27, nextcloudtest.V32} {
		t.Run(version.String(), func(t *testing.T) {
			t.Parallel()
			w := countCalls(t, version)
			if w.calls > 11 {
				t.Errorf("a new space cost %d calls", w.calls)
			}
			if w.repeated > 0 {
				t.Errorf("%d changes were asked for again", w.repeated)
			}
		})
	}
}

func benchCalls(b *testing.B, t *table) {
	b.Helper()
	for _, version := range []nextcloudtest.Version{nextcloudtest.V27, nextcloudtest.V32} {
		b.Run(version.String(), func(b *testing.B) {
			var w wire
			for b.Loop() {
				w = countCalls(b, version)
			}
			b.ReportMetric(float64(w.calls), "calls/space")
			b.ReportMetric(float64(w.repeated), "repeated")
			t.add(row{what: "calls for a new space, " + version.String(), target: "≤ 11", measured: fmt.Sprint(w.calls),
				limit: fmt.Sprintf("%d calls in all when stopped after one", w.most), missed: w.calls > 11})
			t.add(row{what: "… repeated by a resume, " + version.String(), target: "0", measured: fmt.Sprint(w.repeated),
				limit: fmt.Sprintf("stopped after each of %d", w.calls), missed: w.repeated > 0})
		})
	}
}
