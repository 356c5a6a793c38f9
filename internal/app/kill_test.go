package app_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/app"
	"nichoir/nextcloud/nextcloudtest"
)

// child is “nichoir serve --work” in a process of its own.
type child struct {
	*exec.Cmd

	log bytes.Buffer
}

func startChild(t *testing.T, w *world) *child {
	t.Helper()
	c := &child{Cmd: exec.CommandContext(t.Context(), os.Args[0], "serve", "--work")}
	c.Env = append(slices.Clone(w.environ), asChild+"=1")
	c.Stderr = &c.log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.ProcessState == nil { // the test failed before it ended the child
			_ = c.Process.Kill()
			_ = c.Wait()
		}
		if t.Failed() {
			t.Logf("a child's log:\n%s", c.log.String())
		}
	})
	return c
}

// TestKillingAProcessLosesNothing kills a process in the middle of calls to Nextcloud and lets another one take over. What
// a crash around each single call does is tested in package provisioning; here it is a real process and a real queue.
func TestKillingAProcessLosesNothing(t *testing.T) {
	t.Parallel()
	const spaces, hanging = 6, 2
	w := newWorld(t, nextcloudtest.Options{Apps: []string{nextcloudtest.Collabora}})
	w.addHost(t)
	a := newApp(t, w.options(t)) // looks and enqueues, works nothing
	approve(t, a, spaces)
	makeDue(t, a, "release")

	hung := make(chan struct{}, hanging)
	var calls int
	remove := w.nextcloud.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Latency, Delay: time.Hour, Match: func(r nextcloudtest.Request) bool {
		if r.Call != nextcloudtest.CallCreateAccount && r.Call != nextcloudtest.CallCopy {
			return false
		}
		if calls++; calls > hanging {
			return false
		}
		hung <- struct{}{}
		return true
	}})
	first := startChild(t, w)
	eventually(t, "the calls that hang", func() (bool, string) { return len(hung) == hanging, fmt.Sprint(len(hung)) })
	eventually(t, "the other spaces and their mails", func() (bool, string) {
		ready := count(t, a, "SELECT count(*) FROM spaces WHERE state = 'ready'")
		queued := count(t, a, "SELECT count(*) FROM mails WHERE state = 'queued'")
		return ready == spaces-hanging && queued == 0, fmt.Sprintf("%d ready, %d mails queued", ready, queued)
	})
	if err := first.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err == nil {
		t.Fatal("the first process ended well")
	}
	remove()
	expire(t, a)
	second := startChild(t, w)
	eventually(t, "all spaces and their mails", func() (bool, string) {
		ready := count(t, a, "SELECT count(*) FROM spaces WHERE state = 'ready'")
		sent := count(t, a, "SELECT count(*) FROM mails WHERE state = 'sent' AND template = 'space-ready'")
		return ready == spaces && sent == spaces, fmt.Sprintf("%d ready, %d handed over", ready, sent)
	})
	if err := second.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("told to stop, the second process ended with %v", err)
	}
	w.holdsExactly(t, spaces)
}

// expire turns the clock: what the killed process held is free again, and the schedules are due.
func expire(t *testing.T, a *app.App) {
	t.Helper()
	for _, sql := range []string{
		"UPDATE spaces SET lease_expires_at = now(), claimed_until = now() WHERE state = 'provisioning'",
		"UPDATE host_slots SET expires_at = now()",
		"UPDATE schedules SET next_run = now()",
	} {
		if _, err := a.DB.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

// holdsExactly compares the server and the mailbox with what n spaces are: nothing lost, nothing twice.
func (w *world) holdsExactly(t *testing.T, n int) {
	t.Helper()
	state := w.nextcloud.State()
	got := map[string]int{"folders": len(state.Folders)}
	for id, g := range state.Groups {
		if strings.HasPrefix(id, "sp-") {
			got["groups"]++
			got["members"] += len(g.Members)
		}
	}
	for _, m := range w.mails.Messages() {
		if isHandover(m) {
			got["handovers to "+m.To[0]]++
		}
	}
	want := map[string]int{"folders": n, "groups": n, "members": n}
	for i := range n {
		want["handovers to "+leadOf(i)] = 1
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}
}
