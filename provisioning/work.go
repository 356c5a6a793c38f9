package provisioning

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Outcome says what the queue does with the job of a space.
type Outcome struct {
	// Again is when to come back for this space; 0: nothing is left to do now.
	Again time.Duration
}

// How long a job waits for what others hold.
const (
	heldPause = 5 * time.Second
	slotPause = time.Minute // whoever has a slot takes the next space itself
	hostPause = time.Minute
)

// Work does what the space has to do, then, within its budget and on the same slot, what other spaces of the same host
// have to do: so a slot is never idle while there is work, and jobs that found none come back late without harm.
// An error is one of Nichoir's own (the database, a bug); what hosts answer ends in the space's row.
func (s *Service) Work(ctx context.Context, spaceID int64) (Outcome, error) {
	began := s.o.Now()
	out, slot, err := s.workOne(ctx, spaceID, Slot{})
	defer func() {
		if slot.HostID != 0 {
			s.release(ctx, func(ctx context.Context) error { return s.o.Store.ReleaseSlot(ctx, slot) })
		}
	}()
	for err == nil && slot.HostID != 0 && s.o.Now().Sub(began) < s.o.Budget && ctx.Err() == nil {
		var next []int64
		err = s.o.Store.InTx(ctx, func(tx Tx) error {
			var err error
			next, err = tx.Due(ctx, slot.HostID, 1)
			return err
		})
		if err != nil || len(next) == 0 {
			break
		}
		if _, slot, err = s.workOne(ctx, next[0], slot); err != nil {
			// The space is on its own job's or the tick's account; this job's own is done.
			s.o.Log.ErrorContext(ctx, "work on a space of the same host", "space", next[0], "err", err)
			err = nil
			break
		}
	}
	return out, err
}

// workOne works on one space. It takes a slot unless it is given one, and hands back the one it holds.
func (s *Service) workOne(ctx context.Context, spaceID int64, slot Slot) (Outcome, Slot, error) {
	lease, err := s.o.Store.AcquireLease(ctx, spaceID, s.holder(), s.o.LeaseTTL)
	switch {
	case errors.Is(err, ErrHeld):
		return Outcome{Again: heldPause}, slot, nil
	case errors.Is(err, ErrNotFound):
		return Outcome{}, slot, nil
	case err != nil:
		return Outcome{}, slot, fmt.Errorf("take the space: %w", err)
	}
	defer s.release(ctx, func(ctx context.Context) error { return s.o.Store.ReleaseLease(ctx, lease) })

	space, err := s.o.Store.Space(ctx, spaceID)
	if err != nil {
		return Outcome{}, slot, fmt.Errorf("read the space: %w", err)
	}
	if space.Blocked != nil {
		return Outcome{}, slot, nil
	}
	if wait, err := s.o.Store.NextTry(ctx, spaceID); err != nil {
		return Outcome{}, slot, fmt.Errorf("read when to try again: %w", err)
	} else if wait > 0 {
		return Outcome{Again: wait}, slot, nil
	}
	if space.State == Queued {
		placed, err := s.place(ctx, lease, space)
		if err != nil || !placed {
			return Outcome{}, slot, err
		}
		if space, err = s.o.Store.Space(ctx, spaceID); err != nil {
			return Outcome{}, slot, fmt.Errorf("read the placed space: %w", err)
		}
	}
	w, wait, err := s.worker(ctx, lease, space, slot)
	if err != nil || wait > 0 {
		return Outcome{Again: wait}, slot, err
	}
	return w.run(ctx)
}

// worker gathers what the work on a placed space needs. A positive wait means: not now.
func (s *Service) worker(ctx context.Context, lease Lease, space Space, slot Slot) (*worker, time.Duration, error) {
	w := &worker{Service: s, lease: lease, space: space, slot: slot}
	var err error
	if space.HostID == 0 {
		return w, 0, nil // closed before it was placed: there is no host to ask
	}
	if w.host, err = s.o.Store.Host(ctx, space.HostID); err != nil {
		return nil, 0, fmt.Errorf("read the host: %w", err)
	}
	if w.host.Health == Unauthorized {
		return nil, hostPause, nil
	}
	if w.api, err = s.server(w.host); err != nil {
		return nil, 0, fmt.Errorf("open the host's secret: %w", err)
	}
	if err := w.read(ctx); err != nil {
		return nil, 0, err
	}
	if slot.HostID != space.HostID {
		w.slot, err = s.o.Store.AcquireSlot(ctx, space.HostID, s.holder(), false, s.o.LeaseTTL)
		if errors.Is(err, ErrNoSlot) {
			return nil, slotPause, nil
		}
		if err != nil {
			return nil, 0, fmt.Errorf("take a slot: %w", err)
		}
	}
	return w, 0, nil
}

// release gives something back even when the work was cancelled; what cannot be given back expires.
func (s *Service) release(ctx context.Context, give func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := give(ctx); err != nil {
		s.o.Log.WarnContext(ctx, "give back a lease or slot: it will expire", "err", err)
	}
}
