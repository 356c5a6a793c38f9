package tickets

import (
	"time"

	"nichoir/internal/support"
)

// remindAt is the part of a promise that is left when whoever holds the ticket is reminded of it.
const remindAt = 4 // a quarter

// A promise's clock runs while it is the holder's turn. What is due when is reckoned with the holder's pauses, and reckoned
// again when these change (Tend); a promise begins anew when the ticket goes to another provider.

// run lets the clock run from now on; when it does already, nothing changes.
func (p *Promise) run(cal support.Calendar, now time.Time, whole time.Duration, off []support.Span) {
	if !p.Since.IsZero() {
		return
	}
	p.Since = now
	p.reckon(cal, whole, off)
}

// stop lets the clock stand.
func (p *Promise) stop(cal support.Calendar, now time.Time, off []support.Span) {
	spent := p.spent(cal, now, off)
	p.Left -= spent
	p.Worked += spent
	p.Since, p.Due, p.RemindAt = time.Time{}, time.Time{}, time.Time{}
}

// reckon finds when a running promise is due, and when it is worth a reminder, which there is one of.
func (p *Promise) reckon(cal support.Calendar, whole time.Duration, off []support.Span) {
	p.Due, p.RemindAt = time.Time{}, time.Time{}
	if p.Since.IsZero() {
		return
	}
	p.Due = cal.Add(p.Since, max(p.Left, 0), off...)
	if p.RemindedAt.IsZero() {
		p.RemindAt = cal.Add(p.Since, max(p.Left-whole/remindAt, 0), off...)
	}
}

// spent is the working time of the span that is under way, in whole seconds as they are kept.
func (p *Promise) spent(cal support.Calendar, now time.Time, off []support.Span) time.Duration {
	if p.Since.IsZero() {
		return 0
	}
	return cal.Between(p.Since, now, off...).Truncate(time.Second)
}

// clock is the promise as the provider and the team see it.
func (p *Promise) clock(cal support.Calendar, now time.Time, off []support.Span) Clock {
	spent := p.spent(cal, now, off)
	c := Clock{Took: p.Worked + spent, Late: p.Left-spent < 0}
	if !p.Since.IsZero() {
		c.Due = cal.Add(p.Since, max(p.Left, 0), off...)
		c.Late = c.Late || !c.Due.IsZero() && now.After(c.Due) // from a Friday evening to Monday no working time passes
	}
	return c
}

// clocks fills in what follows from the promises, with the pauses of who holds the ticket.
func (s *Service) clocks(r Row, p Pauses) Ticket {
	off, t := p.Spans, r.Ticket
	if t.WithTeam() {
		off = nil
	}
	now := s.now()
	t.Answer = r.Answering.clock(s.opts.Calendar, now, off)
	t.Solution = r.Solving.clock(s.opts.Calendar, now, off)
	t.Answer.Kept, t.Solution.Kept = !r.AnsweredAt.IsZero(), t.Over()
	return t
}
