package queue

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/onboarding"
	"nichoir/provisioning"
)

func batchJob(id int64) onboarding.ApplyBatch { return onboarding.ApplyBatch{BatchID: id} }

// eventually looks again and again; it is for what another goroutine writes and nobody announces.
func (b *bundle) eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for !so() {
		select {
		case <-ticker.C:
		case <-timer.C:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (b *bundle) enqueueSpaces(t *testing.T, n int64) {
	t.Helper()
	for id := range n {
		if err := b.db.Queue().Enqueue(t.Context(), provisioning.WorkSpace{SpaceID: id + 1}); err != nil {
			t.Fatal(err)
		}
	}
}

// Four jobs that wait for one another can only end when both queues, of two workers each, work at the same time.
func TestTwoQueuesShareTheWork(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var mu sync.Mutex
	worked := map[int64]int{}
	all := make(chan struct{})
	b.spaces.work = func(ctx context.Context, id int64) (provisioning.Outcome, error) {
		mu.Lock()
		worked[id]++
		if len(worked) == 4 {
			close(all)
		}
		mu.Unlock()
		select {
		case <-all:
			return provisioning.Outcome{}, nil
		case <-ctx.Done():
			return provisioning.Outcome{}, ctx.Err()
		}
	}
	b.enqueueSpaces(t, 4)
	b.start(t, b.options())
	b.start(t, b.options())
	await(t, all, "both queues")
	b.eventually(t, "the ends", func() bool { return b.metrics.of("work_space done") == 4 })
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff(map[int64]int{1: 1, 2: 1, 3: 1, 4: 1}, worked); diff != "" {
		t.Errorf("worked (-want +got):\n%s", diff)
	}
}

func (c *counts) of(key string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[key]
}

func TestAStoppedQueueLeavesItsJobToAnother(t *testing.T) {
	t.Parallel()
	b := setup(t)
	begun := make(chan struct{}, 2)
	b.spaces.work = func(ctx context.Context, _ int64) (provisioning.Outcome, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return provisioning.Outcome{}, errors.New("the call was cut off") // says nothing of the context
	}
	b.enqueueSpaces(t, 1)
	first, err := New(b.options())
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, begun, "the first queue")
	stop(t, first)
	states, attempts := b.jobs(t, "work_space")
	if diff := cmp.Diff([]any{[]string{"available"}, []int{0}}, []any{states, attempts}); diff != "" {
		t.Errorf("the interrupted job (-want +got):\n%s", diff)
	}
	done := make(chan struct{})
	b.spaces.work = func(context.Context, int64) (provisioning.Outcome, error) {
		close(done)
		return provisioning.Outcome{}, nil
	}
	b.start(t, b.options())
	await(t, done, "the second queue")
	if n := b.metrics.of("work_space interrupted"); n != 1 {
		t.Errorf("%d interruptions counted", n)
	}
}

func TestWaitingIsNoAttempt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.spaces.work = func(context.Context, int64) (provisioning.Outcome, error) {
		return provisioning.Outcome{Again: time.Hour}, nil
	}
	b.spaces.sweep = b.spaces.work
	b.enqueueSpaces(t, 1)
	if err := b.db.Queue().Enqueue(t.Context(), provisioning.SweepHost{HostID: 1}); err != nil {
		t.Fatal(err)
	}
	b.start(t, b.options())
	for _, kind := range []string{"work_space", "sweep_host"} {
		b.eventually(t, "the snooze of "+kind, func() bool {
			states, attempts := b.jobs(t, kind)
			return cmp.Equal(states, []string{"scheduled"}) && cmp.Equal(attempts, []int{0})
		})
	}
}

func TestAFailureIsTriedAgainAndCountedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	done := make(chan struct{})
	var times int
	b.spaces.work = func(context.Context, int64) (provisioning.Outcome, error) {
		if times++; times == 1 {
			return provisioning.Outcome{}, errors.New("the database hiccuped")
		}
		close(done)
		return provisioning.Outcome{}, nil
	}
	b.enqueueSpaces(t, 1)
	b.start(t, b.options())
	await(t, done, "the second attempt")
	b.eventually(t, "the end", func() bool { return b.metrics.of("work_space done") == 1 })
	if n := b.metrics.of("work_space failed"); n != 1 {
		t.Errorf("%d failures counted", n)
	}
}

func TestShare(t *testing.T) {
	t.Parallel()
	for total, want := range map[int]Workers{1: {1, 1, 1, 1}, 5: {1, 1, 3, 1}, 20: {4, 4, 12, 4}} {
		if got := Share(total); got != want {
			t.Errorf("Share(%d) = %+v, want %+v", total, got, want)
		}
	}
}
