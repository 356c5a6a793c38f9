package tickets

import (
	"context"
	"fmt"

	"nichoir/internal/support"
)

// MoveIn moves the open tickets of a space to another provider (0: the team) in linking's transaction; what went before is not
// shown to it, the summary is. Solved and closed ones leave their provider, too: should one be opened again, it goes to whoever
// is linked then. What the association consented to was for the provider it had: a ticket that was some provider's before
// asks again. Moving them to where they are changes nothing.
func (s *Service) MoveIn(ctx context.Context, tx MoveTx, spaceID, toProvider int64, summary string) error {
	rows, err := tx.LockTicketsOf(ctx, spaceID)
	if err != nil {
		return fmt.Errorf("lock the space's tickets: %w", err)
	}
	for _, r := range rows {
		c := s.changeOf(tx, r)
		to := toProvider
		if c.row.Over() {
			if r.ProviderID == 0 {
				continue
			}
			to = 0
		}
		if r.ProviderID == to || !r.EmptiedAt.IsZero() {
			continue
		}
		if err := c.move(ctx, to, summary); err != nil {
			return err
		}
	}
	return nil
}

// move takes a ticket from who holds it to another provider, or to the team, and lets those know who have a part in it.
func (c *change) move(ctx context.Context, to int64, summary string) error {
	former := c.row.ProviderID
	if err := c.rest(ctx); err != nil {
		return err
	}
	after, err := c.tx.LastTicketLine(ctx, c.row.ID)
	if err != nil {
		return fmt.Errorf("read the last message: %w", err)
	}
	if err := c.handOver(ctx, Holding{ProviderID: to, AfterID: after, Summary: summary}); err != nil {
		return err
	}
	if err := c.save(ctx); err != nil {
		return err
	}
	if c.row.Over() { // nobody has anything to do
		return c.tellTo(ctx, former, support.EventTicketGone, after)
	}
	line, err := c.line(ctx, LineMoved, to)
	if err != nil {
		return err
	}
	if err := c.look(ctx); err != nil {
		return err
	}
	return c.movedTold(ctx, former, line)
}

// movedTold lets those know who have it now, and the tools of both providers.
func (c *change) movedTold(ctx context.Context, former, line int64) error {
	if err := c.tellTo(ctx, former, support.EventTicketGone, line); err != nil {
		return err
	}
	if err := c.tell(ctx, support.EventTicketMoved, line); err != nil {
		return err
	}
	return c.post(ctx, line, func(m Member) string {
		if m.Side == SideProvider && c.row.ProviderID != 0 || m.Side == SideTeam && c.row.ProviderID == 0 {
			return LetterMoved
		}
		return ""
	})
}

// handOver ends the present tenure and begins another; to provider 0 the ticket is the team's. The promises begin anew, and an
// escalation ends: it was the former provider's.
func (c *change) handOver(ctx context.Context, h Holding) error {
	if err := c.tx.EndTenure(ctx, c.row.ID, c.now); err != nil {
		return fmt.Errorf("end the tenure: %w", err)
	}
	had, err := c.tx.TicketWasHeld(ctx, c.row.ID)
	if err != nil {
		return fmt.Errorf("read whether it was held: %w", err)
	}
	if had && h.ProviderID != 0 && !c.row.ConsentAt.IsZero() && c.row.RevokedAt.IsZero() {
		c.row.RevokedAt = c.now
		if err := c.audit(ctx, "ticket.consent", map[string]any{"on": false}); err != nil {
			return err
		}
	}
	if h.ProviderID != 0 {
		if err := c.tx.BeginTenure(ctx, c.row.ID, h, c.now); err != nil {
			return fmt.Errorf("begin the tenure: %w", err)
		}
	}
	from, anew := c.row.ProviderID, h.ProviderID != 0 || !c.row.Over()
	if err := c.hold(ctx, func(r *Row) {
		r.ProviderID, r.Escalated = h.ProviderID, false // the newcomer has not asked the team for anything
		if anew {
			r.Solving = Promise{Left: c.s.opts.Solution}
		}
		if anew && r.AnsweredAt.IsZero() {
			r.Answering = Promise{Left: c.s.opts.Answer}
		}
	}); err != nil {
		return err
	}
	return c.audit(ctx, "ticket.moved", map[string]any{"from": from, "to": h.ProviderID})
}

// rehold gives a ticket that opens again to the provider that the space has now, when it was some provider's: what the team
// alone took care of stays the team's, and what the provider that holds it opens stays its own. Before is the message after
// which the newcomer sees it. It reports whether anybody else has it now.
func (c *change) rehold(ctx context.Context, before int64) (bool, error) {
	heir := c.heir()
	if c.row.ProviderID == heir || c.me.Side == SideProvider {
		return false, nil
	}
	had, err := c.tx.TicketWasHeld(ctx, c.row.ID)
	if err != nil {
		return false, fmt.Errorf("read whether it was held: %w", err)
	}
	if !had {
		return false, nil
	}
	former := c.row.ProviderID
	if err := c.handOver(ctx, Holding{ProviderID: heir, AfterID: before}); err != nil {
		return false, err
	}
	c.enter(c.turn())
	line, err := c.line(ctx, LineMoved, heir)
	if err != nil {
		return false, err
	}
	if err := c.write(ctx); err != nil {
		return false, err
	}
	if err := c.look(ctx); err != nil {
		return false, err
	}
	return true, c.movedTold(ctx, former, line)
}
