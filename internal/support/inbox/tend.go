package inbox

import (
	"context"
	"fmt"
)

// tendPage is how many rows one pass of Tend changes at most; the next pass takes the others.
const tendPage = 500

// Tend forgets raw mails that were kept long enough, and drops answers that were held too long. It returns how many rows changed.
func (s *Service) Tend(ctx context.Context) (int, error) {
	now := s.now()
	dropped, err := s.store.DropHeld(ctx, now.Add(-s.opts.HeldFor), tendPage)
	if err != nil {
		return 0, fmt.Errorf("drop what was held too long: %w", err)
	}
	forgotten, err := s.store.Forget(ctx, now.Add(-s.opts.KeepRaw), tendPage)
	if err != nil {
		return dropped, fmt.Errorf("forget mails: %w", err)
	}
	return dropped + forgotten, nil
}
