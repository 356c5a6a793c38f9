package identity_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
)

func TestAllow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.clock.Turn(10 * time.Minute)
	for range 3 {
		if err := b.Allow(t.Context(), "form", "192.0.2.1", 3, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	err := b.Allow(t.Context(), "form", "192.0.2.1", 3, time.Hour)
	var p *problem.Error
	if !errors.As(err, &p) || p.Code != problem.TooMany {
		t.Fatalf("the fourth got %v", err)
	}
	if wait, ok := p.Args["retry_after"].(int); !ok || wait != 50*60+1 {
		t.Errorf("retry after %v seconds, want the rest of the hour", p.Args["retry_after"])
	}
	for _, other := range []struct{ what, who string }{{"form", "192.0.2.2"}, {"sign-in", "192.0.2.1"}} {
		if err := b.Allow(t.Context(), other.what, other.who, 3, time.Hour); err != nil {
			t.Errorf("%v shares the counter: %v", other, err)
		}
	}
	b.clock.Turn(50 * time.Minute)
	if err := b.Allow(t.Context(), "form", "192.0.2.1", 3, time.Hour); err != nil {
		t.Errorf("the next window is closed: %v", err)
	}
}

func TestAllowCountsAcrossConnections(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const tries, limit = 24, 10
	results := make([]error, tries)
	var wg sync.WaitGroup
	for i := range tries {
		wg.Go(func() { results[i] = b.Allow(t.Context(), "form", "192.0.2.1", limit, time.Hour) })
	}
	wg.Wait()
	allowed := 0
	for _, err := range results {
		if err == nil {
			allowed++
		}
	}
	if allowed != limit {
		t.Errorf("%d of %d were allowed, want %d", allowed, tries, limit)
	}
}

func TestAllowRefusesWindowsItCannotPrune(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, w := range []time.Duration{0, -time.Second, 25 * time.Hour} {
		if err := b.Allow(t.Context(), "form", "x", 1, w); err == nil || problem.CodeOf(err) != "" {
			t.Errorf("a window of %v got %v, want an internal error", w, err)
		}
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.staff(t, "camille@example.org", identity.Reviewer)
	b.signIn(t, p)
	if err := b.Allow(t.Context(), "form", "x", 1, time.Hour); err != nil {
		t.Fatal(err)
	}
	if n, err := b.Prune(t.Context()); err != nil || n != 0 {
		t.Fatalf("pruned %d rows that are of use (%v)", n, err)
	}
	b.clock.Turn(3 * 24 * time.Hour) // the counter and the session are over, the link can still be renewed
	if n, err := b.Prune(t.Context()); err != nil || n != 2 {
		t.Errorf("pruned %d rows (%v), want the counter and the session", n, err)
	}
	b.clock.Turn(90 * 24 * time.Hour)
	if n, err := b.Prune(t.Context()); err != nil || n != 1 {
		t.Errorf("pruned %d rows (%v), want the link", n, err)
	}
}
