package provisioning

import (
	"context"
	"fmt"
	"time"
)

// checkpoint comes before a call to the host: it renews lease and slot and writes, in one transaction, what the last call's
// answer has to write, and more. When the space has another state now (somebody closes it), or nobody is to call the host
// (another worker was told so), more is not written and the run ends.
func (w *worker) checkpoint(ctx context.Context, more func(context.Context, Tx) error) error {
	return w.write(ctx, more, true)
}

// note comes after a call: it writes the same when the host pauses.
func (w *worker) note(ctx context.Context, more func(context.Context, Tx) error) error {
	return w.write(ctx, more, false)
}

func (w *worker) write(ctx context.Context, more func(context.Context, Tx) error, calling bool) error {
	var end error
	err := w.o.Store.InTx(ctx, func(tx Tx) error {
		held, err := tx.Hold(ctx, w.lease, w.slot, w.o.LeaseTTL)
		if err != nil {
			return err
		}
		w.now = held.Now
		if err := w.answers(ctx, tx, held); err != nil {
			return err
		}
		for _, write := range w.pending {
			if err := write(ctx, tx); err != nil {
				return err
			}
		}
		switch {
		case !sameWork(held.State, w.doing):
			end = errMoved
		case calling && held.Health == Unauthorized:
			end = stopped{again: hostPause}
		case calling && held.Pause > 0:
			end = stopped{again: held.Pause}
		case more != nil:
			return more(ctx, tx)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	w.pending, w.answered = nil, false
	return end
}

// answers ends the host's row of failures when it has answered since the last checkpoint. A pause that another worker was
// told meanwhile stays: it is the later news.
func (w *worker) answers(ctx context.Context, tx Tx, held Held) error {
	ails := held.Failures > 0 || held.Health == Unreachable || held.Health == Throttled || held.Health == Maintenance
	if !w.answered || !ails || held.Pause > 0 {
		return nil
	}
	return tx.ResetFailures(ctx, w.host.ID)
}

// doubt notes that the step's call of unknown outcome may land for a while.
func (w *worker) doubt(ctx context.Context, tx Tx, key stepKey) error {
	st := w.steps[key]
	st.Doubted = true
	w.steps[key] = st
	late := lateBytes(st)
	w.space.RecheckAt, w.space.LateBytes = w.now.Add(w.o.Landing), max(w.space.LateBytes, late)
	return tx.Recheck(ctx, w.space.ID, w.o.Landing, late)
}

// lands reports whether something is wrong when an earlier call of the step takes place late. It is not when the step only
// reads, or removes what is not made again.
func lands(step string) bool {
	switch step {
	case stepVerify, stepTidy, stepAccountDelete, stepCloseLeave, stepCloseMembers, stepCloseAccount, stepCloseFolder, stepCloseGroup:
		return false
	}
	return true
}

// certain waits until no call of unknown outcome that concerns can still land: what is deleted before might be made again.
// An intent that a process left open when it died is such a call, too.
func (w *worker) certain(ctx context.Context, concerns func(stepKey) bool) error {
	var undated []stepKey
	for key, st := range w.steps {
		if st.State == Intended && !st.Doubted && lands(key.name) && concerns(key) {
			undated = append(undated, key)
		}
	}
	if w.space.RecheckAt.IsZero() && len(undated) == 0 {
		return nil
	}
	err := w.note(ctx, func(ctx context.Context, tx Tx) error {
		for _, key := range undated {
			if err := w.doubt(ctx, tx, key); err != nil {
				return err
			}
			if err := tx.Step(ctx, w.space.ID, w.steps[key]); err != nil {
				return err
			}
		}
		if wait := w.space.RecheckAt.Sub(w.now); wait > 0 {
			return tx.Postpone(ctx, w.space.ID, wait)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if wait := w.space.RecheckAt.Sub(w.now); wait > 0 {
		return stopped{again: max(wait, time.Second)}
	}
	return nil
}
