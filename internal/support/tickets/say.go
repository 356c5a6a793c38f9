package tickets

import (
	"context"
	"fmt"
	"unicode/utf8"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/typed"
)

// Say posts a message. The side is who the person is in the ticket. problem.Invalid with fields (body, files);
// problem.Forbidden for a note of the association's.
func (s *Service) Say(ctx context.Context, publicID string, m NewMessage, by identity.Person) error {
	id, err := s.ticketID(ctx, publicID)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx DeskTx) error {
		_, _, err := s.SayIn(ctx, tx, id, m, by)
		return err
	})
}

// SayIn is Say inside another service's transaction; it returns the id of the message, and posted false when the key was there.
func (s *Service) SayIn(
	ctx context.Context, tx Tx, ticketID int64, m NewMessage, by identity.Person,
) (id int64, posted bool, err error) {
	m, fields := checkMessage(m)
	if len(fields) > 0 {
		return 0, false, invalid(fields)
	}
	if !goodKey(m.Key, m.Via) {
		return 0, false, problem.New(problem.Invalid, "problem.form_broken")
	}
	c, err := s.take(ctx, tx, ticketID, by.ID)
	if err != nil {
		return 0, false, err
	}
	if m.Internal {
		if err := c.mustBe(SideProvider, SideTeam); err != nil {
			return 0, false, err
		}
	}
	before, err := tx.LastTicketLine(ctx, ticketID)
	if err != nil {
		return 0, false, fmt.Errorf("read the last message: %w", err)
	}
	if id, err = tx.InsertTicketLine(ctx, c.mine(m)); err != nil {
		return 0, false, fmt.Errorf("insert the message: %w", err)
	}
	if id == 0 {
		id, err = c.said(ctx, m)
		return id, false, err
	}
	if err := attach(ctx, tx, id, m.Files); err != nil {
		return 0, false, err
	}
	if m.Internal {
		return id, true, c.quietly(ctx)
	}
	return id, true, c.spoken(ctx, id, before, m)
}

// said is the answer to a message that was sent before, by the same person.
func (c *change) said(ctx context.Context, m NewMessage) (int64, error) {
	l, err := c.tx.TicketLineByKey(ctx, m.Key)
	if err != nil {
		return 0, known(err, "read the first message")
	}
	if l.TicketID != c.row.ID || l.AuthorID != c.me.Person.ID {
		return 0, notFound()
	}
	return l.ID, nil
}

// spoken does what follows from a message that all sides see: line is its id, before that of the one before.
func (c *change) spoken(ctx context.Context, line, before int64, m NewMessage) error {
	if c.me.Side == SideSpace {
		if err := c.asked(ctx, before); err != nil {
			return err
		}
	} else {
		c.replied(m.Then)
	}
	if err := c.save(ctx); err != nil {
		return err
	}
	forSpace := LetterMessage
	if c.row.State == Solved && c.was != Solved {
		forSpace = LetterSolved
	}
	if err := c.post(ctx, line, c.news(forSpace, LetterMessage)); err != nil {
		return err
	}
	if err := c.tell(ctx, support.EventTicketMessage, line); err != nil {
		return err
	}
	return c.stateTold(ctx, line)
}

// asked opens the ticket again when the association speaks.
func (c *change) asked(ctx context.Context, before int64) error {
	if c.row.Over() {
		if _, err := c.rehold(ctx, before); err != nil {
			return err
		}
	}
	c.enter(c.turn())
	return nil
}

// replied is what an answer of the provider or the team does. What is solved stays so, unless they say that they go on: many
// an answer is a last word.
func (c *change) replied(then Then) {
	over := c.row.Over()
	c.answered()
	switch {
	case then == ThenSolve && !over:
		c.enter(Solved)
	case then == ThenStay:
		c.enter(Open)
	case then == ThenWait && !over:
		c.enter(Waiting)
	}
}

// checkMessage cleans what was typed. A mail's text is cut where a form's would be refused: what was written is not lost.
func checkMessage(m NewMessage) (NewMessage, []problem.Field) {
	var wrong []problem.Field
	m.Body = support.WithoutSecrets(typed.Paragraphs(m.Body))
	if m.Via != ByMail {
		m.Via = ByWeb
	} else {
		m.Body = cut(m.Body, BodyMax)
	}
	if l := utf8.RuneCountInString(m.Body); l == 0 && len(m.Files) == 0 || l > BodyMax {
		wrong = append(wrong, problem.Field{Name: FieldBody, Key: "problem.ticket_body", Args: map[string]any{"max": BodyMax}})
	}
	if m.Then != ThenStay && m.Then != ThenSolve {
		m.Then = ThenWait
	}
	files, fields := checkFiles(m.Files)
	m.Files = files
	return m, append(wrong, fields...)
}

// checkNote cleans a note that goes with a step.
func checkNote(note string) (string, error) {
	note = support.WithoutSecrets(typed.Paragraphs(note))
	if utf8.RuneCountInString(note) > BodyMax {
		return "", invalid([]problem.Field{{Name: FieldNote, Key: "problem.ticket_body", Args: map[string]any{"max": BodyMax}}})
	}
	return note, nil
}
