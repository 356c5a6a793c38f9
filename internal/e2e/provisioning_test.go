package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nichoir/internal/app"
	"nichoir/nextcloud"
	"nichoir/nextcloud/nextcloudtest"
	"nichoir/provisioning"
)

const (
	// answering is how long the simulated server takes for each call, whatever else it does meanwhile.
	answering = 40 * time.Millisecond
	// rounds is how many spaces each of those worked on at once is followed by, itself counted.
	rounds = 10
)

// benchProvisioning takes queued spaces to their hand-over by the whole of Nichoir, queue and mails included, and compares
// with the bare calls: the same eleven by the plain client, as many at once, with nothing recorded.
func benchProvisioning(b *testing.B, t *table) {
	b.Helper()
	for _, s := range storages() {
		for _, concurrency := range []int{1, 4, 16} {
			name := fmt.Sprintf("%d at once%s", concurrency, s.name)
			b.Run(name, func(b *testing.B) {
				var p pace
				for b.Loop() {
					p = measurePace(b, s, concurrency)
				}
				b.ReportMetric(p.ours, "spaces/s")
				b.ReportMetric(p.ours/p.bare, "of-bare")
				t.add(row{what: "provisioning, " + name, target: "≥ 0.95 of the host",
					measured: fmt.Sprintf("%.2f spaces/s, first call after %s", p.ours, ms(p.pickedUp)),
					limit:    fmt.Sprintf("%.2f spaces/s by 11 bare calls of %s", p.bare, ms(answering)),
					ratio:    part(p.ours / p.bare), missed: p.ours < 0.95*p.bare})
			})
		}
	}
}

// pace is how many spaces a second were made, from the first call to the last hand-over.
type pace struct {
	ours, bare float64
	pickedUp   time.Duration // from the tick that put the spaces on the queue to the first call
}

func measurePace(b *testing.B, s storage, concurrency int) pace {
	b.Helper()
	spaces := rounds * concurrency
	server := newNextcloud(b, nextcloudtest.Options{Latency: answering})
	env := environ(s.dsn(b), append(newMails(b), "NICHOIR_DB_POOL=50", "NICHOIR_WORKERS="+strconv.Itoa(2*concurrency+4))...)
	noting := &noteFirst{next: newTransport(b)}
	a := newNichoir(b, env, func(o *app.Options) { o.Work, o.Transport = true, noting })
	host := addHost(b, a, server, concurrency)
	addCampaign(b, a.DB.Pool())
	order(b, a.DB.Pool(), 1, spaces)
	settle(b, a.DB.Pool())
	p := pace{bare: barePace(b, server, host, concurrency, spaces)}

	start(b, a)
	server.ResetLog()
	noting.at.Store(0)
	put := time.Now()
	if n, err := a.Provisioning.EnqueueDue(b.Context(), spaces); err != nil || n != spaces {
		b.Fatalf("%d of %d spaces were put on the queue: %v", n, spaces, err)
	}
	ended := allReady(b, a, spaces)
	first := time.Unix(0, noting.at.Load())
	p.pickedUp, p.ours = first.Sub(put), float64(spaces)/ended.Sub(first).Seconds()
	if n := len(server.Requests()); n > 11*spaces {
		b.Errorf("%d calls for %d spaces", n, spaces)
	}
	return p
}

// allReady waits until so many spaces are handed over and returns when that was.
func allReady(b *testing.B, a *app.App, n int) time.Time {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	every := time.NewTicker(5 * time.Millisecond)
	defer every.Stop()
	for {
		var ready int
		if err := a.DB.Pool().QueryRow(ctx, `SELECT count(*) FROM spaces WHERE state = 'ready'`).Scan(&ready); err != nil {
			b.Fatalf("wait for %d spaces: %v", n, err)
		}
		if ready == n {
			return time.Now()
		}
		<-every.C
	}
}

// barePace makes the calls of as many spaces, by as many at once.
func barePace(b *testing.B, server *nextcloudtest.Server, host provisioning.Host, concurrency, spaces int) float64 {
	b.Helper()
	client, err := nextcloud.New(nextcloud.Options{BaseURL: server.URL, User: server.AdminUser, Password: server.AdminPassword,
		Transport: newTransport(b)})
	if err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	began := time.Now()
	for range concurrency {
		workers.Go(func() {
			for n := next.Add(1); n <= int64(spaces); n = next.Add(1) {
				if err := bareCalls(b.Context(), client, server.AdminUser, host.Templates["fr"], fmt.Sprintf("bare-%d", n)); err != nil {
					b.Errorf("the bare calls of a space: %v", err)
					return
				}
			}
		})
	}
	workers.Wait()
	return float64(spaces) / time.Since(began).Seconds()
}

// bareCalls are what a new space asks of its host, and nothing else.
func bareCalls(ctx context.Context, c *nextcloud.Client, service, template, name string) error {
	if err := c.CreateGroup(ctx, name, name); err != nil {
		return err
	}
	id, err := c.CreateTeamFolder(ctx, name)
	if err != nil {
		return err
	}
	for _, call := range []func() error{
		func() error { return c.GrantGroup(ctx, id, name) },
		func() error { return c.SetTeamFolderQuota(ctx, id, totalBytes-personalBytes) },
		func() error {
			return c.CreateAccount(ctx, nextcloud.NewAccount{ID: name, Password: "un-mot-de-passe-au-hasard", DisplayName: name,
				Email: name + "@example.org", Language: "fr", Groups: []string{name}, QuotaBytes: personalBytes})
		},
		func() error { return c.JoinGroup(ctx, service, name) },
		func() error { return c.Copy(ctx, template, path.Join("/", name, "Premiers pas"), false) },
		func() error { return c.LeaveGroup(ctx, service, name) },
		func() error { return c.RenameTeamFolder(ctx, id, "L'association "+name) },
		func() error { _, err := c.TeamFolder(ctx, id); return err },
		func() error { _, err := c.Account(ctx, name); return err },
	} {
		if err := call(); err != nil {
			return err
		}
	}
	return nil
}

// newTransport is one that keeps its connections, as Nichoir's own does.
func newTransport(tb testing.TB) *http.Transport {
	tb.Helper()
	t := &http.Transport{MaxIdleConnsPerHost: 20}
	tb.Cleanup(t.CloseIdleConnections)
	return t
}

// noteFirst notes when the first request went out.
type noteFirst struct {
	next *http.Transport
	at   atomic.Int64 // Unix time in nanoseconds, 0 before
}

func (n *noteFirst) RoundTrip(r *http.Request) (*http.Response, error) {
	n.at.CompareAndSwap(0, time.Now().UnixNano())
	return n.next.RoundTrip(r)
}
