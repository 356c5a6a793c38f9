package tickets

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/identity"
)

// nudgesMost is how often the association is told that it is waited for, a week apart: more would teach it to look away.
const nudgesMost = 3

// Tend is the schedule's part, at most limit rows of each: promises are reckoned anew when a provider's pauses changed, reminders
// go out before promises are missed, solved ones close, waiting ones are nudged once a week, those of forgotten spaces are
// emptied. It returns how many tickets it changed.
func (s *Service) Tend(ctx context.Context, limit int) (int, error) {
	total := 0
	for _, part := range []struct {
		name string
		do   func(context.Context, DeskTx, int) (int, error)
	}{
		{"reckon promises", s.reckonDue}, {"remind of promises", s.remindDue}, {"nudge", s.nudgeDue}, {"close", s.closeDue},
		{"empty", s.emptyDue},
	} {
		err := s.store.InTx(ctx, func(tx DeskTx) error {
			n, err := part.do(ctx, tx, limit)
			total += n
			return err
		})
		if err != nil {
			return total, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return total, nil
}

// each does something to rows that are locked.
func (s *Service) each(ctx context.Context, tx Tx, rows []Row, do func(*change) error) (int, error) {
	for _, r := range rows {
		c := s.changeOf(tx, r)
		if err := c.look(ctx); err != nil {
			return 0, err
		}
		if err := do(c); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

func (s *Service) reckonDue(ctx context.Context, tx DeskTx, limit int) (int, error) {
	rows, err := tx.LockReckonable(ctx, limit)
	if err != nil {
		return 0, err
	}
	return s.each(ctx, tx, rows, func(c *change) error { return c.quietly(ctx) })
}

// remindDue reminds who holds a ticket of a promise of which a quarter is left, once. Of two at once it writes one mail, which
// says what is due first.
func (s *Service) remindDue(ctx context.Context, tx DeskTx, limit int) (int, error) {
	now := s.now()
	rows, err := tx.LockRemindable(ctx, now, limit)
	if err != nil {
		return 0, err
	}
	return s.each(ctx, tx, rows, func(c *change) error {
		event := ""
		for _, p := range []struct {
			what string
			*Promise
		}{{"answer", &c.row.Answering}, {"solution", &c.row.Solving}} {
			if p.RemindAt.IsZero() || p.RemindAt.After(now) {
				continue
			}
			if event == "" {
				event = fmt.Sprintf("ticket-reminder:%d:%s:%d", c.row.ID, p.what, p.RemindAt.Unix())
			}
			p.RemindAt, p.RemindedAt = time.Time{}, now
		}
		if err := c.reminder(ctx, event); err != nil {
			return err
		}
		return c.quietly(ctx)
	})
}

func (c *change) reminder(ctx context.Context, event string) error {
	for _, m := range recipients(c.row.Ticket, c.members) {
		if !holding(c.row.Ticket, m.Side) {
			continue
		}
		if err := c.about(ctx, event, LetterReminder, m.Person); err != nil {
			return err
		}
	}
	return nil
}

// about mails somebody about the ticket as a whole.
func (c *change) about(ctx context.Context, event, template string, to identity.Person) error {
	if err := c.tx.Enqueue(ctx, identity.Letter{
		Event: event, Template: template, Recipient: to.Email, Lang: to.Lang, Ref: c.row.ID,
	}); err != nil {
		return fmt.Errorf("mail %s: %w", template, err)
	}
	return nil
}

func (s *Service) nudgeDue(ctx context.Context, tx DeskTx, limit int) (int, error) {
	rows, err := tx.LockNudgeable(ctx, s.now(), nudgesMost, limit)
	if err != nil {
		return 0, err
	}
	return s.each(ctx, tx, rows, func(c *change) error {
		c.row.Nudges++
		event := fmt.Sprintf("ticket-nudge:%d:%d:%d", c.row.ID, c.row.WaitingSince.Unix(), c.row.Nudges)
		for _, m := range recipients(c.row.Ticket, c.members) {
			if m.Side != SideSpace {
				continue
			}
			if err := c.about(ctx, event, LetterNudge, m.Person); err != nil {
				return err
			}
		}
		return c.quietly(ctx)
	})
}

// closeDue closes what was solved for long enough. Nobody is mailed: all were when it was solved.
func (s *Service) closeDue(ctx context.Context, tx DeskTx, limit int) (int, error) {
	rows, err := tx.LockSettled(ctx, s.now().Add(-s.opts.CloseAfter), limit)
	if err != nil {
		return 0, err
	}
	return s.each(ctx, tx, rows, func(c *change) error {
		c.enter(Closed)
		return c.stateLine(ctx, LineClosed, func(Member) string { return "" })
	})
}

func (s *Service) emptyDue(ctx context.Context, tx DeskTx, limit int) (int, error) {
	ids, err := tx.EmptyTickets(ctx, s.now(), limit)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := tx.Audit(ctx, identity.Entry{
			Actor: identity.ActorNichoir, Action: "ticket.forgotten", Subject: "ticket", SubjectID: id,
		}); err != nil {
			return 0, fmt.Errorf("write the trail: %w", err)
		}
	}
	return len(ids), nil
}
