package provisioning

import (
	"context"
	"errors"
	"fmt"
)

// errMoved says that somebody has given the space another state while it was worked on: the run begins anew.
var errMoved = errors.New("the space has another state now")

// read loads what the run decides by, under the lease.
func (w *worker) read(ctx context.Context) error {
	steps, err := w.o.Store.Steps(ctx, w.space.ID)
	if err != nil {
		return fmt.Errorf("read the steps: %w", err)
	}
	w.steps = make(map[stepKey]Step, len(steps))
	for _, st := range steps {
		w.steps[stepKey{st.AccountID, st.Name}] = st
	}
	if w.accounts, err = w.o.Store.Accounts(ctx, w.space.ID); err != nil {
		return fmt.Errorf("read the accounts: %w", err)
	}
	return nil
}

// run does what the space's state asks for, and begins anew when that changes. It hands back the slot that it still holds.
func (w *worker) run(ctx context.Context) (Outcome, Slot, error) {
	err := w.turn(ctx)
	for errors.Is(err, errMoved) {
		if err = w.again(ctx); err == nil {
			err = w.turn(ctx)
		}
	}
	var end stopped
	switch {
	case errors.As(err, &end):
		return Outcome{Again: end.again}, w.slot, nil
	case errors.Is(err, ErrLost):
		// Somebody else has the space or the slot, or nobody: the job finds out. What is still ours is given back.
		if w.slot.HostID != 0 {
			w.release(ctx, func(ctx context.Context) error { return w.o.Store.ReleaseSlot(ctx, w.slot) })
		}
		return Outcome{Again: heldPause}, Slot{}, nil
	case err != nil:
		return Outcome{}, w.slot, err
	}
	return Outcome{}, w.slot, nil
}

// again reads the space as it stands now.
func (w *worker) again(ctx context.Context) error {
	space, err := w.o.Store.Space(ctx, w.space.ID)
	if err != nil {
		return fmt.Errorf("read the space again: %w", err)
	}
	if space.Blocked != nil {
		return stopped{}
	}
	w.space, w.pending = space, nil
	return w.read(ctx)
}

func (w *worker) turn(ctx context.Context) error {
	w.doing = w.space.State
	switch w.space.State {
	case Provisioning:
		if err := w.provision(ctx); err != nil {
			return err
		}
		return w.tend(ctx)
	case Ready, Active:
		return w.tend(ctx)
	case Deleting:
		return w.unmake(ctx)
	default:
		return nil // queued, suspended, closing and closed ask for nothing
	}
}

// sameWork reports whether two states ask for the same: a lead who comes in the meantime changes nothing.
func sameWork(a, b State) bool {
	return a == b || a.Works() && b.Works()
}
