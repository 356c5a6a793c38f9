package web

import (
	"context"
	"time"
)

// steadily does something and returns no sooner than the set time after its beginning. For a known address there is a mail
// to be written down, for an unknown one nothing: who measures the answers must not see which it was.
func (s *Server) steadily(ctx context.Context, do func(context.Context) error) error {
	timer := time.NewTimer(s.opts.Steady)
	defer timer.Stop()
	err := do(ctx)
	select {
	case <-timer.C:
	case <-ctx.Done(): // nobody waits for the answer any more
	}
	return err
}
