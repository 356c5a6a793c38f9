package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"nichoir/internal/problem"
)

// longestWindow bounds what Allow may be asked, so that Prune knows which counters nobody needs.
const longestWindow = 24 * time.Hour

var errWindow = errors.New("a window is longer than nothing and at most a day")

// Allow counts one attempt of who at what, and refuses with problem.TooMany when there were limit of them in the current
// window (fixed, at most a day). The refusal's value "retry_after" is the number of seconds until the next window.
func (s *Service) Allow(ctx context.Context, what, who string, limit int, window time.Duration) error {
	return s.AllowIn(ctx, s.store, what, who, limit, window)
}

// Counter counts one attempt in the bucket's window and returns how many there were, this one included.
type Counter interface {
	Hit(ctx context.Context, bucket []byte, window time.Time) (int, error)
}

// AllowIn is Allow with a counter of the caller's, such as a transaction: what is rolled back was no attempt.
func (s *Service) AllowIn(ctx context.Context, c Counter, what, who string, limit int, window time.Duration) error {
	if window <= 0 || window > longestWindow {
		return fmt.Errorf("count attempts at %s: %w", what, errWindow)
	}
	mac := hmac.New(sha256.New, s.opts.CounterKey)
	mac.Write([]byte(what + "\x00" + who))
	now := s.now().UTC()
	start := now.Truncate(window)
	hits, err := c.Hit(ctx, mac.Sum(nil), start)
	if err != nil {
		return fmt.Errorf("count attempts at %s: %w", what, err)
	}
	if hits <= limit {
		return nil
	}
	wait := int(start.Add(window).Sub(now)/time.Second) + 1
	return problem.New(problem.TooMany, "problem.too_many").With("retry_after", wait)
}

// keepLinks is how long an expired link can still be told from an unknown one, and be renewed.
const keepLinks = 90 * 24 * time.Hour

// Prune forgets counters, links and sessions that are of no use any more, and returns how many rows.
func (s *Service) Prune(ctx context.Context) (int64, error) {
	now := s.now()
	n, err := s.store.Prune(ctx, now.Add(-2*longestWindow), now.Add(-keepLinks), now)
	if err != nil {
		return 0, fmt.Errorf("prune: %w", err)
	}
	return n, nil
}
