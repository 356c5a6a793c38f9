package directory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
)

// How far ahead a rest may begin, and how long one with an end may be.
const (
	pauseAhead = 366 * 24 * time.Hour
	pauseLong  = 2 * 366 * 24 * time.Hour
)

// Pauses returns rests that are not over, the first to begin first.
func (s *Service) Pauses(ctx context.Context, providerID int64) ([]Pause, error) {
	ps, err := s.store.Pauses(ctx, providerID, s.now())
	if err != nil {
		return nil, fmt.Errorf("read the rests: %w", err)
	}
	return ps, nil
}

// begun reports whether a rest that is not over is on.
func (p Pause) begun(now time.Time) bool { return !p.Span.From.After(now) }

// meets reports whether two spans overlap or touch.
func meets(a, b support.Span) bool {
	return (b.Until.IsZero() || !a.From.After(b.Until)) && (a.Until.IsZero() || !b.From.After(a.Until))
}

// attend is change for what members and admins may do about rests; admin tells that it is one of the latter.
func (s *Service) attend(
	ctx context.Context, publicID string, by identity.Person, fn func(tx Tx, p Provider, admin bool) error,
) error {
	return s.change(ctx, publicID, func(tx Tx, p Provider) error {
		members, err := tx.Members(ctx, p.ID)
		if err != nil {
			return fmt.Errorf("read the members: %w", err)
		}
		admin := by.Must(identity.Admin) == nil
		if _, ok := memberOf(members, by.ID); !ok && !admin || !p.referenced() {
			return notFound()
		}
		return fn(tx, p, admin)
	})
}

// Pause begins or announces a rest; members and admins, who alone may give PauseTeam. A span that begins in the past begins
// now. Rests of one cause that overlap become one: of one that is on the latest word on its end counts, of announced ones
// both ends. Rests of different causes stand beside each other, and the provider rests while any of them is on.
func (s *Service) Pause(ctx context.Context, publicID string, span support.Span, cause PauseCause, by identity.Person) error {
	now := s.now()
	if span.From.Before(now) {
		span.From = now
	}
	var f form
	if span.From.Sub(now) > pauseAhead {
		f.refuse(FieldFrom, "problem.pause_from", nil)
	}
	if !span.Until.IsZero() && (!span.Until.After(span.From) || span.Until.Sub(span.From) > pauseLong) {
		f.refuse(FieldUntil, "problem.pause_until", nil)
	}
	if !slices.Contains([]PauseCause{PauseHolidays, PauseFull, PauseOther, PauseTeam}, cause) {
		f.refuse(FieldCause, "problem.choice_unknown", nil)
	}
	if err := f.err(); err != nil {
		return err
	}
	return s.attend(ctx, publicID, by, func(tx Tx, p Provider, admin bool) error {
		if cause == PauseTeam && !admin {
			return problem.InvalidField(FieldCause, "problem.choice_unknown")
		}
		return s.rest(ctx, tx, p, Pause{Span: span, Cause: cause}, by)
	})
}

// rest keeps a rest, joined with those of its cause, and lets it begin if it does. Without a beginning it begins now.
func (s *Service) rest(ctx context.Context, tx Tx, p Provider, rest Pause, by identity.Person) error {
	now := s.now()
	if rest.Span.From.IsZero() {
		rest.Span.From = now
	}
	joined, err := join(ctx, tx, p, rest, now)
	if err != nil || !joined {
		return err
	}
	line := byPerson(by, entry("provider.pause_announced", p.ID, map[string]any{"cause": string(rest.Cause)}))
	if rest.begun(now) {
		line.Action = "provider.pause_begun"
	}
	if err := tx.Audit(ctx, line); err != nil {
		return err
	}
	_, err = s.settle(ctx, tx, &p, byPerson(by, entry("", p.ID, nil)))
	return err
}

// join keeps a rest in the place of those of its cause that it meets. It reports false when nothing is new.
func join(ctx context.Context, tx Tx, p Provider, rest Pause, now time.Time) (bool, error) {
	ps, err := tx.Pauses(ctx, p.ID, now)
	if err != nil {
		return false, fmt.Errorf("read the rests: %w", err)
	}
	whole := rest
	var gone []Pause
	for _, o := range ps {
		if o.Cause != rest.Cause || !meets(o.Span, rest.Span) {
			continue
		}
		gone = append(gone, o)
		if o.Span.From.Before(whole.Span.From) {
			whole.Span.From = o.Span.From
		}
		latestWord := o.begun(now) && rest.begun(now)
		if !latestWord && !whole.Span.Until.IsZero() && (o.Span.Until.IsZero() || o.Span.Until.After(whole.Span.Until)) {
			whole.Span.Until = o.Span.Until
		}
	}
	if len(gone) == 1 && gone[0].Span.From.Equal(whole.Span.From) && gone[0].Span.Until.Equal(whole.Span.Until) {
		return false, nil
	}
	for _, o := range gone {
		if err := tx.DeletePause(ctx, o.ID); err != nil {
			return false, fmt.Errorf("take a rest in: %w", err)
		}
	}
	if err := tx.InsertPause(ctx, p.ID, whole); err != nil {
		return false, fmt.Errorf("keep the rest: %w", err)
	}
	return true, nil
}

// settle writes the state that follows from the rests, and a line for the trail when it is another; line says by whom.
func (s *Service) settle(ctx context.Context, tx Tx, p *Provider, line identity.Entry) (changed bool, err error) {
	now := s.now()
	ps, err := tx.Pauses(ctx, p.ID, now)
	if err != nil {
		return false, fmt.Errorf("read the rests: %w", err)
	}
	to := Listed
	line.Action = "provider.resumed"
	if slices.ContainsFunc(ps, func(o Pause) bool { return o.begun(now) }) {
		to, line.Action = Paused, "provider.paused"
	}
	if p.State == to {
		return false, nil
	}
	if err := tx.Rest(ctx, p.ID, to); err != nil {
		return false, fmt.Errorf("write the state: %w", err)
	}
	p.State = to
	return true, tx.Audit(ctx, line)
}

// endPauses ends the rests that are on, of the causes, or of all when none is given.
func endPauses(ctx context.Context, tx Tx, p Provider, now time.Time, causes ...PauseCause) error {
	ps, err := tx.Pauses(ctx, p.ID, now)
	if err != nil {
		return fmt.Errorf("read the rests: %w", err)
	}
	for _, o := range ps {
		if !o.begun(now) || len(causes) > 0 && !slices.Contains(causes, o.Cause) {
			continue
		}
		end := tx.EndPause(ctx, o.ID, now)
		if !o.Span.From.Before(now) { // it lasted no time, and the database keeps no such span
			end = tx.DeletePause(ctx, o.ID)
		}
		if end != nil {
			return fmt.Errorf("end a rest: %w", end)
		}
	}
	return nil
}

// Resume ends the rests that are on; members and admins. A rest that the team gave is for admins to end (problem.Forbidden),
// and one because nobody confirmed the profile ends by confirming it (problem.Conflict); an admin who ends it gives the
// provider as long again to confirm. When none is on, that is no error.
func (s *Service) Resume(ctx context.Context, publicID string, by identity.Person) error {
	return s.attend(ctx, publicID, by, func(tx Tx, p Provider, admin bool) error {
		now := s.now()
		ps, err := tx.Pauses(ctx, p.ID, now)
		if err != nil {
			return fmt.Errorf("read the rests: %w", err)
		}
		for _, o := range ps {
			switch {
			case !o.begun(now):
			case o.Cause == PauseTeam && !admin:
				return problem.New(problem.Forbidden, "problem.pause_team")
			case o.Cause == PauseProfile && !admin:
				return problem.New(problem.Conflict, "problem.pause_profile")
			case o.Cause == PauseProfile:
				if err := tx.ProfileAsked(ctx, p.ID, now); err != nil {
					return fmt.Errorf("give the profile time: %w", err)
				}
			}
		}
		if err := endPauses(ctx, tx, p, now); err != nil {
			return err
		}
		_, err = s.settle(ctx, tx, &p, byPerson(by, entry("", p.ID, nil)))
		return err
	})
}

// DropPause takes back an announced rest; members and admins, the latter alone when the team announced it (problem.Forbidden).
// problem.Conflict when it has begun: Resume ends it. One that is gone already is no error.
func (s *Service) DropPause(ctx context.Context, publicID string, id int64, by identity.Person) error {
	return s.attend(ctx, publicID, by, func(tx Tx, p Provider, admin bool) error {
		now := s.now()
		ps, err := tx.Pauses(ctx, p.ID, now)
		if err != nil {
			return fmt.Errorf("read the rests: %w", err)
		}
		i := slices.IndexFunc(ps, func(o Pause) bool { return o.ID == id })
		switch {
		case i < 0:
			return nil
		case ps[i].begun(now):
			return problem.New(problem.Conflict, "problem.pause_begun")
		case ps[i].Cause == PauseTeam && !admin:
			return problem.New(problem.Forbidden, "problem.pause_team")
		}
		if err := tx.DeletePause(ctx, id); err != nil {
			return fmt.Errorf("take the rest back: %w", err)
		}
		return audit(ctx, tx, by, "provider.pause_dropped", p.ID, map[string]any{"cause": string(ps[i].Cause)})
	})
}
