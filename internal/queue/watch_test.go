package queue

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"nichoir/provisioning"
)

// lines is a log that several goroutines write.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) count(of string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), of)
}

func TestAFailureIsLoggedOnceAndAPanicIsNoEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var log lines
	done := make(chan struct{})
	var times int
	b.spaces.work = func(context.Context, int64) (provisioning.Outcome, error) {
		switch times++; times {
		case 1:
			return provisioning.Outcome{}, errors.New("the database hiccuped")
		case 2:
			panic("a bug")
		default:
			close(done)
			return provisioning.Outcome{}, nil
		}
	}
	b.enqueueSpaces(t, 1)
	o := b.options()
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	b.start(t, o)
	b.eventually(t, "the failure", func() bool { return log.count("a job failed") == 1 })
	// The second attempt comes after a second, the third after sixteen: the test turns the clock.
	b.eventually(t, "the panic", func() bool { return log.count("a job panicked") == 1 })
	b.eventually(t, "the third attempt", func() bool {
		if _, err := b.pool.Exec(t.Context(), "UPDATE river_job SET scheduled_at = now(), state = 'available' WHERE state = 'retryable'"); err != nil {
			t.Fatal(err)
		}
		select {
		case <-done:
			return true
		default:
			return false
		}
	})
	if n := log.count("the database hiccuped"); n != 1 {
		t.Errorf("the failure is in %d lines of the log, want one", n)
	}
}
