package provisioning

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"nichoir/nextcloud"
)

const (
	// maxAttempts is how often a step fails before a person looks at it.
	maxAttempts = 12
	// failuresInARow of 5xx or no answer make a host pause.
	failuresInARow = 3
)

// blockedError is a refusal that no answer of the host but our own reasoning gave.
type blockedError struct{ cause Cause }

func (e blockedError) Error() string { return "blocked: " + string(e.cause) }

func block(c Cause) error { return blockedError{cause: c} }

// fail writes what the answer means for the step, the space and the host, and ends the run.
// An answer about this call says nothing of an earlier one: a doubtful intent stays open.
func (w *worker) fail(ctx context.Context, key stepKey, cause error, doubtful bool) error {
	if ctx.Err() != nil {
		return ctx.Err() // we were told to stop: the intent stays open, nothing is known
	}
	if own, is := errors.AsType[blockedError](cause); is {
		return w.stop(ctx, key, own.cause, nil, doubtful)
	}
	var answer *nextcloud.Error
	if !errors.As(cause, &answer) {
		return cause
	}
	doubtful = doubtful || answer.Effect == nextcloud.EffectUnknown
	switch {
	case answer.Kind == nextcloud.KindUnauthorized:
		return w.unauthorized(ctx, key, doubtful)
	case answer.Class == nextcloud.ClassWait:
		health := Throttled
		if answer.Kind == nextcloud.KindMaintenance {
			health = Maintenance
		}
		return w.pause(ctx, key, health, max(answer.RetryAfter, time.Minute), doubtful)
	case answer.Class == nextcloud.ClassRetry:
		return w.retry(ctx, key, answer, doubtful)
	default:
		return w.stop(ctx, key, causeOf(answer), answer, doubtful)
	}
}

// causeOf names a refusal for people; the bounded set is the point.
func causeOf(e *nextcloud.Error) Cause {
	switch e.Kind {
	case nextcloud.KindUnauthorized:
		return CauseUnauthorized
	case nextcloud.KindForbidden:
		return CauseForbidden
	case nextcloud.KindPasswordConfirmation:
		return CauseConfirmation
	case nextcloud.KindNotNextcloud:
		return CauseAnswers
	case nextcloud.KindNoRoute:
		return CauseMissingApp
	case nextcloud.KindExists:
		return CauseForeign
	case nextcloud.KindNotFound:
		return CauseGone
	default:
		return CauseRefused
	}
}

// settle is the step's record after a failed attempt: with an effect that may be, the intent stays open.
func (w *worker) settle(key stepKey, doubtful bool, cause Cause, counted bool) Step {
	st := w.steps[key]
	st.State = Refused
	if doubtful {
		st.State = Intended
		if lands(key.name) {
			st.Doubted = true
			w.pending = append(w.pending, func(ctx context.Context, tx Tx) error { return w.doubt(ctx, tx, key) })
		}
	}
	if counted {
		st.Attempts++
	}
	st.LastCause = cause
	w.steps[key] = st
	return st
}

func (w *worker) stop(ctx context.Context, key stepKey, cause Cause, answer *nextcloud.Error, doubtful bool) error {
	st := w.settle(key, doubtful, cause, true)
	b := Blocked{Step: key.name, Cause: cause, Since: w.o.Now()}
	if answer != nil {
		b.Call, b.HTTP, b.OCS = answer.Call, answer.Status, answer.OCS
	}
	w.o.Steps(key.name, "stopped")
	w.o.Log.WarnContext(ctx, "a step waits for a person", "space", w.space.PublicID, "host", w.host.ID,
		"step", key.name, "cause", string(cause), "call", b.Call, "status", b.HTTP, "ocs", b.OCS)
	err := w.note(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.Step(ctx, w.space.ID, st); err != nil {
			return err
		}
		if err := tx.Block(ctx, w.space.ID, b); err != nil {
			return err
		}
		return tx.Audit(ctx, Entry{Action: "space.blocked", Subject: "space", SubjectID: w.space.ID,
			Data: map[string]any{"step": key.name, "cause": string(cause), "status": b.HTTP, "ocs": b.OCS}})
	})
	if err != nil {
		return err
	}
	return stopped{}
}

// unauthorized sets the host aside until somebody mends its password; the space keeps its place and counts nothing.
func (w *worker) unauthorized(ctx context.Context, key stepKey, doubtful bool) error {
	st := w.settle(key, doubtful, CauseUnauthorized, false)
	w.o.Steps(key.name, "waited")
	err := w.note(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.Step(ctx, w.space.ID, st); err != nil {
			return err
		}
		changed, err := tx.SetHealth(ctx, w.host.ID, Unauthorized, 0)
		if err != nil || !changed {
			return err
		}
		return tx.Audit(ctx, Entry{Action: "host.unauthorized", Subject: "host", SubjectID: w.host.ID})
	})
	if err != nil {
		return err
	}
	w.o.Log.ErrorContext(ctx, "the host refuses the service account: it is set aside until its password is mended", "host", w.host.ID)
	return stopped{again: hostPause}
}

// pause makes the whole host wait; no attempt is counted.
func (w *worker) pause(ctx context.Context, key stepKey, health Health, by time.Duration, doubtful bool) error {
	st := w.settle(key, doubtful, "", false)
	w.o.Steps(key.name, "waited")
	w.o.Log.WarnContext(ctx, "the host pauses", "host", w.host.ID, "health", string(health), "for", by)
	err := w.note(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.Step(ctx, w.space.ID, st); err != nil {
			return err
		}
		_, err := tx.SetHealth(ctx, w.host.ID, health, by)
		return err
	})
	if err != nil {
		return err
	}
	return stopped{again: by}
}

// retry counts the attempt and comes back later; the third failure in a row on one host pauses the host instead.
func (w *worker) retry(ctx context.Context, key stepKey, answer *nextcloud.Error, doubtful bool) error {
	var inARow int
	if answer.Kind != nextcloud.KindLocked {
		err := w.note(ctx, func(ctx context.Context, tx Tx) error {
			var err error
			inARow, err = tx.CountFailure(ctx, w.host.ID)
			return err
		})
		if err != nil {
			return err
		}
	}
	if inARow >= failuresInARow {
		over := min(inARow-failuresInARow, 4)
		return w.pause(ctx, key, Unreachable, time.Duration(30<<over)*time.Second, doubtful)
	}
	cause := CauseRefused
	if answer.Kind == nextcloud.KindNotNextcloud {
		cause = CauseAnswers
	}
	if w.steps[key].Attempts+1 >= maxAttempts {
		return w.stop(ctx, key, CauseRepeated, answer, doubtful)
	}
	st := w.settle(key, doubtful, cause, true)
	by := max(w.o.Backoff(st.Attempts), answer.RetryAfter)
	w.o.Steps(key.name, "failed")
	err := w.note(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.Step(ctx, w.space.ID, st); err != nil {
			return err
		}
		return tx.Postpone(ctx, w.space.ID, by)
	})
	if err != nil {
		return err
	}
	return stopped{again: by}
}

// backoff grows from 5 s to 10 min, each with up to half of itself more, so that spaces do not come back together.
func (s *Service) backoff(attempt int) time.Duration {
	base := math.Min(5*math.Pow(2, float64(attempt-1)), 600)
	var b [8]byte
	if _, err := s.o.Rand.Read(b[:]); err != nil {
		return time.Duration(base) * time.Second // without jitter it is still a pause
	}
	jitter := float64(binary.BigEndian.Uint64(b[:])>>11) / (1 << 53)
	return time.Duration(base * (1 + jitter/2) * float64(time.Second))
}
