package tickets

import (
	"context"
	"fmt"

	"nichoir/internal/identity"
	"nichoir/internal/support"
)

// The lines that Nichoir writes itself, words in the catalogues "support.line." + code.
const (
	LineSolved    = "solved"
	LineReopened  = "reopened"
	LineClosed    = "closed"
	LineEscalated = "escalated" // to the team
	LineBack      = "back"      // from the team to the provider
	LineMoved     = "moved"     // to the provider that the message names, or to the team when it names none
)

// Solve marks a ticket as solved; any side may. Again: no error.
func (s *Service) Solve(ctx context.Context, publicID string, by identity.Person) error {
	return s.step(ctx, publicID, by, func(c *change) error { return c.solve(ctx) })
}

// Reopen opens a solved or closed ticket; any side may. Again: no error.
func (s *Service) Reopen(ctx context.Context, publicID string, by identity.Person) error {
	return s.step(ctx, publicID, by, func(c *change) error { return c.reopen(ctx) })
}

// step is one person's change of a ticket, in a transaction.
func (s *Service) step(ctx context.Context, publicID string, by identity.Person, do func(*change) error) error {
	id, err := s.ticketID(ctx, publicID)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx DeskTx) error {
		c, err := s.take(ctx, tx, id, by.ID)
		if err != nil {
			return err
		}
		return do(c)
	})
}

func (c *change) solve(ctx context.Context) error {
	if c.row.Over() {
		return nil
	}
	if c.me.Side != SideSpace { // they took care of it, which is an answer
		c.answered()
	}
	c.enter(Solved)
	return c.stateLine(ctx, LineSolved, c.news(LetterSolved, LetterMessage))
}

func (c *change) reopen(ctx context.Context) error {
	if !c.row.Over() {
		return nil
	}
	before, err := c.tx.LastTicketLine(ctx, c.row.ID)
	if err != nil {
		return fmt.Errorf("read the last message: %w", err)
	}
	others := LetterMessage
	moved, err := c.rehold(ctx, before)
	if err != nil {
		return err
	}
	if moved { // who has it now was told so
		others = ""
	}
	c.enter(c.turn())
	return c.stateLine(ctx, LineReopened, c.news(LetterMessage, others))
}

// stateLine writes the line about another state and lets all know.
func (c *change) stateLine(ctx context.Context, code string, template func(Member) string) error {
	line, err := c.line(ctx, code, 0)
	if err != nil {
		return err
	}
	if err := c.save(ctx); err != nil {
		return err
	}
	if err := c.post(ctx, line, template); err != nil {
		return err
	}
	return c.tell(ctx, support.EventTicketState, line)
}
