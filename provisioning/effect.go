package provisioning

import (
	"context"
	"errors"
	"time"

	"nichoir/nextcloud"
)

// worker is one run over one space, under one lease and one slot.
type worker struct {
	*Service
	lease    Lease
	slot     Slot
	host     Host
	api      Server
	space    Space
	accounts []Account
	steps    map[stepKey]Step
	doing    State                             // what the run works at: the space's state when it began
	now      time.Time                         // the database's, at the last checkpoint
	answered bool                              // the host has answered since the last checkpoint
	pending  []func(context.Context, Tx) error // what the last call's answer has to write: with the next checkpoint
}

type stepKey struct {
	account int64
	name    string
}

// effect is one call to the host and what must be known around it.
type effect struct {
	step    string
	account int64  // 0: the space's own
	intent  string // the exact id that is asked for
	// look is asked first when an earlier call may have taken place: true adopts what stands. Nil: the call can be repeated
	// as it is.
	look func(ctx context.Context) (bool, error)
	call func(ctx context.Context) error
	// own is asked when a first call finds the name taken: true when this very call took it and stumbled afterwards. Nil: what
	// stands there is somebody else's.
	own func(ctx context.Context) (bool, error)
	// taken chooses another name when this one is somebody else's and ends with errAnotherName; nil: a person decides.
	taken func(ctx context.Context) error
	// open is written in the same transaction as the intent; nil: nothing but the step.
	open func(ctx context.Context, tx Tx) error
	// learn notes the step's end in the run's own memory; nil: nothing to note. It comes before record.
	learn func()
	// record is written in the same transaction as the step's end; nil: nothing but the step.
	record func(ctx context.Context, tx Tx) error
}

// stopped ends a run: the space's row says why, and Again when to come back (0: a person decides).
type stopped struct{ again time.Duration }

func (stopped) Error() string { return "the work on the space has stopped" }

// errAnotherName says that the effect is to be asked for once more, under the name chosen meanwhile.
var errAnotherName = errors.New("another name was chosen")

// done reports whether the step is known to be done.
func (w *worker) done(account int64, step string) bool {
	return w.steps[stepKey{account, step}].State == Done
}

// do sees to it that the effect takes place once. The order is the promise:
//
//	commit the intent (and whatever the call before has to write) → call → commit the end with the next intent
//
// A crash before the first commit: nothing was asked. Between the commit and the call, or after the call: the intent is
// open, the next run looks before it asks.
func (w *worker) do(ctx context.Context, e effect) error {
	key := stepKey{e.account, e.step}
	st, known := w.steps[key]
	if st.State == Done && st.Intent == e.intent {
		return nil
	}
	doubtful := st.State == Intended && st.Intent == e.intent
	if !known {
		st = Step{AccountID: e.account, Name: e.step, StartedAt: w.o.Now()}
	}
	if st.LastCause == CauseRepeated { // a person has looked since: count anew
		st.Attempts, st.LastCause = 0, ""
	}
	st.State, st.Intent, st.Doubted = Intended, e.intent, false
	w.steps[key] = st
	if err := w.checkpoint(ctx, func(ctx context.Context, tx Tx) error { return w.intend(ctx, tx, key, e, doubtful) }); err != nil {
		return err
	}
	if doubtful && e.look != nil {
		return w.resume(ctx, key, e)
	}
	err := e.call(ctx)
	if nextcloud.KindOf(err) == nextcloud.KindExists {
		return w.exists(ctx, key, e, err)
	}
	return w.end(ctx, key, e, err, doubtful)
}

// intend writes what is about to be asked for, and that an earlier call of unknown outcome may still land.
func (w *worker) intend(ctx context.Context, tx Tx, key stepKey, e effect, doubtful bool) error {
	if doubtful && lands(key.name) {
		if err := w.doubt(ctx, tx, key); err != nil {
			return err
		}
	}
	if e.open != nil {
		if err := e.open(ctx, tx); err != nil {
			return err
		}
	}
	return tx.Step(ctx, w.space.ID, w.steps[key])
}

// exists is what happens when a first call finds its name taken: "exists" means somebody else's, unless the host says so
// of what this very call has made.
func (w *worker) exists(ctx context.Context, key stepKey, e effect, err error) error {
	if e.own == nil {
		return w.foreign(ctx, key, e, err)
	}
	if err := w.checkpoint(ctx, nil); err != nil {
		return err
	}
	own, lookErr := e.own(ctx)
	switch {
	case lookErr == nil && !own || isForeign(lookErr):
		return w.foreign(ctx, key, e, err)
	default:
		return w.end(ctx, key, e, lookErr, true)
	}
}

// resume goes on with an intent whose outcome is unknown: look, then ask, and look again when the effect of the earlier
// call lands in between.
func (w *worker) resume(ctx context.Context, key stepKey, e effect) error {
	found, err := e.look(ctx)
	if err != nil || found {
		return w.end(ctx, key, e, err, true)
	}
	if err := w.checkpoint(ctx, nil); err != nil { // a second call: the lease again
		return err
	}
	err = e.call(ctx)
	if nextcloud.KindOf(err) != nextcloud.KindExists {
		return w.end(ctx, key, e, err, true)
	}
	if err := w.checkpoint(ctx, nil); err != nil {
		return err
	}
	found, lookErr := e.look(ctx)
	switch {
	case lookErr != nil || found:
		return w.end(ctx, key, e, lookErr, true)
	default:
		return w.foreign(ctx, key, e, err)
	}
}

// end finishes the step or writes why it failed.
func (w *worker) end(ctx context.Context, key stepKey, e effect, err error, doubtful bool) error {
	var own blockedError
	switch {
	case err == nil:
		return w.finish(key, e)
	case errors.As(err, &own) && own.cause == CauseForeign:
		return w.foreign(ctx, key, e, err)
	default:
		return w.fail(ctx, key, err, doubtful)
	}
}

// foreign is what happens when the name stands and is somebody else's: another name, or a person decides.
func (w *worker) foreign(ctx context.Context, key stepKey, e effect, err error) error {
	if e.taken != nil {
		return e.taken(ctx)
	}
	return w.fail(ctx, key, err, false)
}

// finish notes the step's end, to be written by the next checkpoint: no call to the host comes before it.
func (w *worker) finish(key stepKey, e effect) error {
	st := w.steps[key]
	st.State, st.DoneAt, st.LastCause = Done, w.o.Now(), ""
	w.steps[key] = st
	if e.learn != nil {
		e.learn()
	}
	w.answered = true
	w.pending = append(w.pending, func(ctx context.Context, tx Tx) error {
		if err := tx.Step(ctx, w.space.ID, st); err != nil {
			return err
		}
		if e.record == nil {
			return nil
		}
		return e.record(ctx, tx)
	})
	w.o.Steps(key.name, "done")
	return nil
}
