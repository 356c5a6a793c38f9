package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// forgetPage is how many applications are forgotten in one transaction.
const forgetPage = 100

// Tend is the schedule's part: pauses begin and end, profiles are asked to be confirmed, those nobody confirmed pause,
// applications that nobody confirmed in 30 days go, refused ones are emptied after a year. It returns how many rows changed.
//
// Each provider is a transaction of its own: one that fails does not keep the others waiting, and what a crash leaves is found
// again the next time.
func (s *Service) Tend(ctx context.Context) (int, error) {
	now := s.now()
	ids, err := s.store.Tendable(ctx, now, now.Add(-s.opts.Yearly), now.Add(-s.opts.Grace))
	if err != nil {
		return 0, fmt.Errorf("look for what is due: %w", err)
	}
	total := 0
	var failed []error
	for _, id := range ids {
		n, err := s.tend(ctx, id)
		if err != nil {
			failed = append(failed, fmt.Errorf("tend provider %d: %w", id, err))
		}
		total += n
	}
	for _, forget := range []func(context.Context, Tx) (int, error){s.dropUnconfirmed, s.forgetRefused} {
		n, err := s.inPages(ctx, forget)
		if err != nil {
			failed = append(failed, err)
		}
		total += n
	}
	return total, errors.Join(failed...)
}

// tend does what is due of one provider, and returns 1 when something was.
func (s *Service) tend(ctx context.Context, id int64) (n int, err error) {
	err = s.store.InTx(ctx, func(tx Tx) error {
		now := s.now()
		p, err := tx.Lock(ctx, id, now)
		if err != nil {
			return known(err, "lock the provider")
		}
		if !p.referenced() {
			return nil
		}
		changed, err := s.settle(ctx, tx, &p, entry("", p.ID, nil))
		if err != nil {
			return err
		}
		asked, err := s.tendProfile(ctx, tx, p, now)
		if changed || asked {
			n = 1
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// tendProfile asks for the yearly confirmation, and pauses a provider that did not answer.
func (s *Service) tendProfile(ctx context.Context, tx Tx, p Provider, now time.Time) (bool, error) {
	switch {
	case p.ProfileAsked.IsZero() && !now.Before(p.ProfileAt.Add(s.opts.Yearly)):
		if err := tx.ProfileAsked(ctx, p.ID, now); err != nil {
			return false, fmt.Errorf("note the question: %w", err)
		}
		if err := tell(ctx, tx, p, LetterYearly, fmt.Sprintf("provider-yearly:%d:%d", p.ID, now.Unix())); err != nil {
			return false, err
		}
		return true, tx.Audit(ctx, entry("provider.profile_asked", p.ID, nil))
	case !p.ProfileAsked.IsZero() && !now.Before(p.ProfileAsked.Add(s.opts.Grace)):
		return s.silence(ctx, tx, p, now)
	default:
		return false, nil
	}
}

// silence pauses a provider whose profile nobody confirmed, unless it rests for that already.
func (s *Service) silence(ctx context.Context, tx Tx, p Provider, now time.Time) (bool, error) {
	ps, err := tx.Pauses(ctx, p.ID, now)
	if err != nil {
		return false, fmt.Errorf("read the rests: %w", err)
	}
	if slices.ContainsFunc(ps, func(o Pause) bool { return o.Cause == PauseProfile }) {
		return false, nil
	}
	rest := Pause{Cause: PauseProfile}
	rest.Span.From = now
	if err := tx.InsertPause(ctx, p.ID, rest); err != nil {
		return false, fmt.Errorf("keep the rest: %w", err)
	}
	if err := tell(ctx, tx, p, LetterPaused, fmt.Sprintf("provider-paused:%d:%d", p.ID, now.Unix())); err != nil {
		return false, err
	}
	line := entry("provider.profile_unconfirmed", p.ID, nil)
	if err := tx.Audit(ctx, line); err != nil {
		return false, err
	}
	_, err = s.settle(ctx, tx, &p, line)
	return true, err
}

// inPages runs a transaction that forgets until it finds less than a page.
func (s *Service) inPages(ctx context.Context, forget func(context.Context, Tx) (int, error)) (int, error) {
	for total := 0; ; {
		n := 0
		err := s.store.InTx(ctx, func(tx Tx) error {
			var err error
			n, err = forget(ctx, tx)
			return err
		})
		if err != nil {
			return total, err
		}
		if total += n; n < forgetPage {
			return total, nil
		}
	}
}

func (s *Service) dropUnconfirmed(ctx context.Context, tx Tx) (int, error) {
	ids, err := tx.DropUnconfirmed(ctx, s.now().Add(-s.opts.KeepUnconfirmed), forgetPage)
	if err != nil {
		return 0, fmt.Errorf("delete what nobody confirmed: %w", err)
	}
	for _, id := range ids {
		if err := tx.Audit(ctx, entry("provider.expired", id, nil)); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

func (s *Service) forgetRefused(ctx context.Context, tx Tx) (int, error) {
	ids, err := tx.LockForgettable(ctx, s.now().Add(-s.opts.KeepRefused), forgetPage)
	if err != nil {
		return 0, fmt.Errorf("lock what is to be forgotten: %w", err)
	}
	for _, id := range ids {
		if err := tx.Forget(ctx, id); err != nil {
			return 0, fmt.Errorf("forget a refused one: %w", err)
		}
		if err := tx.Audit(ctx, entry("provider.forgotten", id, nil)); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}
