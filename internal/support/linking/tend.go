package linking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"nichoir/internal/identity"
)

const (
	// tendPage is how many searches are changed in one transaction.
	tendPage = 500
	// lookEvery is how often it is made sure that whoever chooses has somebody to choose.
	lookEvery = 24 * time.Hour
)

// Tend is the schedule's part, at most limit rows of each: searches begin for spaces that became ready (the lead is written
// to), proposals are reminded and lapse to the next, "none yet" is asked again, who has nobody left to choose is told so, links
// of closing spaces and of refused providers end, what was written about forgotten spaces goes. It returns how many rows
// changed. Each transaction is complete in itself: what a crash leaves undone is found the next time, and several processes may
// tend at once.
func (s *Service) Tend(ctx context.Context, limit int) (int, error) {
	total := 0
	var failed []error
	for _, part := range []struct {
		name string
		do   func(context.Context, int) (int, error)
	}{
		{"end links that lost a side", s.tendOrphans},
		{"begin searches", s.tendNew},
		{"reckon when proposals lapse", s.tendDue},
		{"let proposals lapse", s.tendOverdue},
		{"ask the next", s.tendSeeking},
		{"remind", s.tendReminders},
		{"ask again", s.tendLater},
		{"look at those who choose", s.tendChoosing},
		{"forget", s.tendForgotten},
	} {
		n, err := part.do(ctx, limit)
		total += n
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", part.name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return total, errors.Join(failed...)
}

// each does something to each row and goes on when one fails; what somebody else works on is left to them.
func each[T any](ctx context.Context, rows []T, do func(T) (bool, error)) (int, error) {
	n := 0
	var failed []error
	for _, r := range rows {
		if ctx.Err() != nil {
			break
		}
		switch changed, err := do(r); {
		case errors.Is(err, ErrHeld), errors.Is(err, ErrMoved):
		case err != nil:
			failed = append(failed, err)
		case changed:
			n++
		}
	}
	return n, errors.Join(failed...)
}

// tendNew begins searches: the lead gets proposals, or is told what else there is when nobody fits.
func (s *Service) tendNew(ctx context.Context, limit int) (int, error) {
	ids, err := s.store.Unbegun(ctx, limit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return s.pages(ctx, ids, func(tx Tx, fits, none []Seeker) (int, error) {
		bs := make([]Beginning, 0, len(fits)+len(none))
		for _, k := range fits {
			bs = append(bs, Beginning{SpaceID: k.SpaceID, Needs: k.Needs, Stance: Choosing, At: s.now()})
		}
		for _, k := range none {
			bs = append(bs, Beginning{SpaceID: k.SpaceID, Needs: k.Needs, Stance: Exhausted, At: s.now()})
		}
		begun, err := tx.Begin(ctx, bs)
		if err != nil {
			return 0, fmt.Errorf("begin searches: %w", err)
		}
		if err := s.tellLeads(ctx, tx, fits, begun, LetterProposals, "support.begun"); err != nil {
			return 0, err
		}
		return len(begun), s.tellLeads(ctx, tx, none, begun, LetterExhausted, "support.exhausted")
	})
}

// pages sorts spaces by whether anybody can be proposed to them, as Search does, and does something to so many at once in a
// transaction. Who is asked again begins a new round.
func (s *Service) pages(ctx context.Context, ids []int64, do func(tx Tx, fits, none []Seeker) (int, error)) (int, error) {
	among, err := s.store.Candidates(ctx, s.now())
	if err != nil {
		return 0, fmt.Errorf("read the candidates: %w", err)
	}
	total := 0
	for page := range slices.Chunk(ids, tendPage) {
		ks, err := s.store.Seekers(ctx, page)
		if err != nil {
			return total, fmt.Errorf("read the spaces: %w", err)
		}
		links, err := s.store.LinksOfSpaces(ctx, page)
		if err != nil {
			return total, fmt.Errorf("read the links: %w", err)
		}
		var fits, none []Seeker
		for _, k := range ks {
			if k = k.sized(); k.Stance == Later {
				k.RoundAt = s.now()
			}
			if len(k.match(among, links[k.SpaceID], 1)) > 0 {
				fits = append(fits, k)
			} else {
				none = append(none, k)
			}
		}
		n := 0
		if err := s.store.InTx(ctx, func(tx Tx) error {
			var err error
			n, err = do(tx, fits, none)
			return err
		}); err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

// tellLeads writes to the leads of those of the spaces that were changed, and writes the trail. The event holds the time: it
// is written in the transaction of a guarded change, and the next such change is another occasion.
func (s *Service) tellLeads(ctx context.Context, tx Tx, ks []Seeker, changed []int64, template, action string) error {
	in := make(map[int64]bool, len(changed))
	for _, id := range changed {
		in[id] = true
	}
	var letters []identity.Letter
	var ids []int64
	for _, k := range ks {
		if !in[k.SpaceID] {
			continue
		}
		ids = append(ids, k.SpaceID)
		if k.LeadEmail != "" {
			letters = append(letters, k.letter(template, fmt.Sprintf("%s:%d:%d", template, k.SpaceID, s.now().Unix()), k.SpaceID))
		}
	}
	if err := tx.EnqueueLetters(ctx, letters); err != nil {
		return fmt.Errorf("write to the leads: %w", err)
	}
	if err := tx.AuditEach(ctx, spaceEntry(action, 0, identity.Person{}), ids); err != nil {
		return fmt.Errorf("write the trail: %w", err)
	}
	return nil
}

// tendLater asks those again that said "none yet".
func (s *Service) tendLater(ctx context.Context, limit int) (int, error) {
	ids, err := s.store.Askable(ctx, s.now(), limit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return s.pages(ctx, ids, func(tx Tx, fits, none []Seeker) (int, error) {
		return s.turn(ctx, tx, Later, fits, none, func(asked []int64) error {
			return s.tellLeads(ctx, tx, fits, asked, LetterAgain, "support.again")
		})
	})
}

// tendChoosing tells those who choose when nobody is left whom they could.
func (s *Service) tendChoosing(ctx context.Context, limit int) (int, error) {
	ids, err := s.store.Unlooked(ctx, s.now().Add(-lookEvery), limit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return s.pages(ctx, ids, func(tx Tx, fits, none []Seeker) (int, error) {
		return s.turn(ctx, tx, Choosing, fits, none, func([]int64) error { return nil })
	})
}

// turn moves searches on from a stance: whom somebody fits to Choosing, the others to the finished page with a mail.
func (s *Service) turn(ctx context.Context, tx Tx, from Stance, fits, none []Seeker, chose func([]int64) error) (int, error) {
	chosen, err := tx.Turn(ctx, spacesOf(fits), from, Choosing, s.now())
	if err != nil {
		return 0, fmt.Errorf("let leads choose: %w", err)
	}
	if err := chose(chosen); err != nil {
		return 0, err
	}
	ended, err := tx.Turn(ctx, spacesOf(none), from, Exhausted, s.now())
	if err != nil {
		return 0, fmt.Errorf("end searches: %w", err)
	}
	return len(chosen) + len(ended), s.tellLeads(ctx, tx, none, ended, LetterExhausted, "support.exhausted")
}

func spacesOf(ks []Seeker) []int64 {
	ids := make([]int64, 0, len(ks))
	for _, k := range ks {
		ids = append(ids, k.SpaceID)
	}
	return ids
}

// tendDue reckons again when proposals lapse: their providers may have begun, announced or ended a rest since.
func (s *Service) tendDue(ctx context.Context, _ int) (int, error) {
	ps, err := s.store.Pendings(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the proposals: %w", err)
	}
	return each(ctx, ps, func(p Pending) (bool, error) {
		due := s.due(p.ProposedAt, p.Rests)
		if due.At.Equal(p.Due.At) && due.RemindAt.Equal(p.Due.RemindAt) {
			return false, nil
		}
		err := s.store.InTx(ctx, func(tx Tx) error { return tx.SetDue(ctx, p.LinkID, due, s.now()) })
		return true, err
	})
}

// tendOverdue lets proposals lapse; the next is asked in a transaction of its own.
func (s *Service) tendOverdue(ctx context.Context, limit int) (int, error) {
	ps, err := s.store.Overdue(ctx, s.now(), limit)
	if err != nil {
		return 0, fmt.Errorf("read the proposals: %w", err)
	}
	return each(ctx, ps, func(p Pending) (bool, error) {
		err := s.store.InTx(ctx, func(tx Tx) error { return s.lapse(ctx, tx, p) })
		return true, err
	})
}

func (s *Service) lapse(ctx context.Context, tx Tx, p Pending) error {
	k, err := tx.LockSearch(ctx, p.SpaceID, false)
	if err != nil {
		return fmt.Errorf("lock the search: %w", err)
	}
	rests, err := tx.Rests(ctx, p.ProviderID, p.ProposedAt)
	if err != nil {
		return fmt.Errorf("read the provider's rests: %w", err)
	}
	now := s.now()
	if due := s.due(p.ProposedAt, rests); due.At.IsZero() || due.At.After(now) { // it rests since a moment
		return tx.SetDue(ctx, p.LinkID, due, now)
	}
	if err := tx.Move(ctx, p.LinkID, Proposed, Lapsed, Answer{EndedAt: now}); err != nil {
		return fmt.Errorf("let the proposal lapse: %w", err)
	}
	k.Seeking = true
	if err := tx.WriteSearch(ctx, k, now); err != nil {
		return fmt.Errorf("write the search: %w", err)
	}
	links, err := tx.LinksOfSpace(ctx, p.SpaceID)
	if err != nil {
		return fmt.Errorf("read the links: %w", err)
	}
	l := links[slices.IndexFunc(links, func(l Link) bool { return l.ID == p.LinkID })] // Move found it there
	if err := s.tellMembers(ctx, tx, l, LetterLapsed, occasion(LetterLapsed, l.ID)); err != nil {
		return err
	}
	return s.note(ctx, tx, l, Lapsed, "link.lapsed", identity.Person{})
}

// tendSeeking asks the next where somebody declined or lapsed.
func (s *Service) tendSeeking(ctx context.Context, limit int) (int, error) {
	ids, err := s.store.SeekingNext(ctx, limit)
	if err != nil {
		return 0, fmt.Errorf("read the searches: %w", err)
	}
	return each(ctx, ids, func(id int64) (bool, error) { return true, s.next(ctx, id) })
}

// tendReminders reminds the providers whose last day to answer begins.
func (s *Service) tendReminders(ctx context.Context, limit int) (int, error) {
	for n := 0; ; n++ {
		if n >= limit {
			return n, nil
		}
		err := s.store.InTx(ctx, func(tx Tx) error {
			l, err := tx.ClaimReminder(ctx, s.now())
			if err != nil {
				return fmt.Errorf("claim a reminder: %w", err)
			}
			return s.tellMembers(ctx, tx, l, LetterReminder, fmt.Sprintf("%s:%d:%d", LetterReminder, l.ID, l.DueAt.Unix()))
		})
		if errors.Is(err, ErrNotFound) { // nobody is left to be reminded
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// tendOrphans ends links whose space closes, or whose provider is listed no more.
func (s *Service) tendOrphans(ctx context.Context, limit int) (int, error) {
	links, err := s.store.Orphans(ctx, limit)
	if err != nil {
		return 0, fmt.Errorf("read the links: %w", err)
	}
	return each(ctx, links, func(l Link) (bool, error) {
		err := s.store.InTx(ctx, func(tx Tx) error { return s.orphaned(ctx, tx, l) })
		return true, err
	})
}

func (s *Service) orphaned(ctx context.Context, tx Tx, l Link) error {
	place, err := tx.LockProvider(ctx, l.ProviderID, s.now())
	if err != nil {
		return fmt.Errorf("lock the provider: %w", err)
	}
	k, err := tx.LockSearch(ctx, l.SpaceID, false)
	if err != nil {
		return fmt.Errorf("lock the search: %w", err)
	}
	nobody := identity.Person{}
	switch {
	case k.over() && l.State == Proposed:
		return s.withdraw(ctx, tx, l, endedByClosing, "", nobody)
	case k.over():
		return s.finish(ctx, tx, l, endedByClosing, "", nobody)
	case place.helps(): // the closing was undone since
		return ErrMoved
	case l.State == Proposed:
		k.Seeking = true
		if err := tx.WriteSearch(ctx, k, s.now()); err != nil {
			return fmt.Errorf("write the search: %w", err)
		}
		return s.withdraw(ctx, tx, l, endedByTeam, "", nobody)
	default:
		if err := s.anew(ctx, tx, k); err != nil {
			return err
		}
		if err := s.tellLead(ctx, tx, k, LetterEnded, l.ID); err != nil {
			return err
		}
		return s.finish(ctx, tx, l, endedByTeam, "", nobody)
	}
}

// tendForgotten empties what was written about spaces that are forgotten.
func (s *Service) tendForgotten(ctx context.Context, limit int) (int, error) {
	ids, err := s.store.Forgettable(ctx, limit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	if err := s.store.InTx(ctx, func(tx Tx) error { return tx.ForgetWords(ctx, ids) }); err != nil {
		return 0, fmt.Errorf("forget words: %w", err)
	}
	return len(ids), nil
}
