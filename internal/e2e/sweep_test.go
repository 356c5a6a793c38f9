package e2e_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"nichoir/internal/app"
	"nichoir/internal/testdb"
	"nichoir/nextcloud"
	"nichoir/nextcloud/nextcloudtest"
)

// swept is a Nichoir with one host and the spaces on it.
type swept struct {
	app    *app.App
	server *nextcloudtest.Server
	host   int64
}

func newSwept(tb testing.TB, latency time.Duration, spaces int) swept {
	tb.Helper()
	s := swept{server: newNextcloud(tb, nextcloudtest.Options{Latency: latency})}
	s.app = newNichoir(tb, environ(testdb.DSN(tb)), nil)
	s.host = addHost(tb, s.app, s.server, 4).ID
	pool := s.app.DB.Pool()
	addCampaign(tb, pool)
	order(tb, pool, 1, spaces)
	// Folders are numbered as they are made: by one, from the first.
	var first int64
	for i := range spaces {
		group := fmt.Sprintf("sp-canards-%d", i+1)
		s.server.AddAccount(nextcloudtest.Account{ID: fmt.Sprintf("lead-%d", i+1), Groups: []string{group}})
		id := s.server.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: group, Groups: []string{group}, Quota: totalBytes - personalBytes, Usage: int64(i)})
		if i == 0 {
			first = id
		}
	}
	sql(tb, pool, `UPDATE spaces SET state = 'active', host_id = $1, group_made = true, mount_point = slug,
		folder_id = $2::bigint - 1 + substr(slug, 9)::bigint`, s.host, first)
	sql(tb, pool, `UPDATE accounts SET made = true, wanted = NULL, state = 'active'`)
	settle(tb, pool)
	s.server.ResetLog()
	return s
}

// sweep reads the host and returns how many calls that took.
func (s swept) sweep(tb testing.TB) int {
	tb.Helper()
	if out, err := s.app.Provisioning.Sweep(tb.Context(), s.host); err != nil || out.Again != 0 {
		tb.Fatalf("sweep: %+v %v", out, err)
	}
	calls := len(s.server.Requests())
	s.server.ResetLog()
	return calls
}

// TestCallsOfASweep holds a sweep to one call for the folders and one for each 500 groups, and to reading every space.
func TestCallsOfASweep(t *testing.T) {
	t.Parallel()
	const spaces = 1100
	s := newSwept(t, 0, spaces)
	if got, want := s.sweep(t), 1+3; got != want {
		t.Errorf("%d calls for %d spaces, want %d", got, spaces, want)
	}
	if n := value[int](t, s.app.DB.Pool(), `SELECT count(*) FROM readings WHERE quota_bytes = $1 AND accounts = 1`, totalBytes-personalBytes); n != spaces {
		t.Errorf("%d of %d spaces were read", n, spaces)
	}
}

func benchSweep(b *testing.B, t *table) {
	b.Helper()
	const spaces = 2000
	s := newSwept(b, answering, spaces)
	client, err := nextcloud.New(nextcloud.Options{BaseURL: s.server.URL, User: s.server.AdminUser, Password: s.server.AdminPassword,
		Transport: newTransport(b)})
	if err != nil {
		b.Fatal(err)
	}
	var ours, bare durations
	calls := 0
	for b.Loop() {
		for range 5 {
			began := time.Now()
			if err := bareSweep(b.Context(), client); err != nil {
				b.Fatal(err)
			}
			bare = append(bare, time.Since(began))
			s.server.ResetLog()
			began = time.Now()
			calls = s.sweep(b)
			ours = append(ours, time.Since(began))
		}
	}
	ratio := float64(bare.at(.5)) / float64(ours.at(.5))
	b.ReportMetric(float64(calls), "calls")
	b.ReportMetric(milliseconds(ours.at(.5)), "p50-ms")
	b.ReportMetric(ratio, "of-bare")
	pages := spaces/500 + 1 // the groups that are not ours begin another one
	t.add(row{what: "sweep of a host with 2,000 spaces", target: "1 call + 1 per 500", measured: fmt.Sprintf("%d calls, %s", calls, ms(ours.at(.5))),
		limit: fmt.Sprintf("%s by the bare calls, of %s each", ms(bare.at(.5)), ms(answering)), ratio: part(ratio), missed: calls > 1+pages})
}

// bareSweep makes the calls of a sweep and forgets the answers.
func bareSweep(ctx context.Context, c *nextcloud.Client) error {
	if _, err := c.TeamFolders(ctx); err != nil {
		return err
	}
	const page = 500
	for offset := 0; ; offset += page {
		groups, err := c.GroupDetails(ctx, nextcloud.GroupQuery{Limit: page, Offset: offset})
		if err != nil {
			return err
		}
		if len(groups) < page {
			return nil
		}
	}
}
