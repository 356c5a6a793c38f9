package provisioning

import (
	"context"
	"errors"
	"fmt"
)

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

// run does what the space's state asks for, and goes on while that changes.
func (w *worker) run(ctx context.Context) (Outcome, Slot, error) {
	err := w.turn(ctx)
	var end stopped
	switch {
	case errors.As(err, &end):
		return Outcome{Again: end.again}, w.slot, nil
	case errors.Is(err, ErrLost):
		return Outcome{Again: heldPause}, w.slot, nil // somebody else has it, or nobody: the job finds out
	case err != nil:
		return Outcome{}, w.slot, err
	}
	return Outcome{}, w.slot, nil
}

func (w *worker) turn(ctx context.Context) error {
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
