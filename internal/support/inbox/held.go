package inbox

import (
	"context"
	"errors"
	"fmt"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
)

// OpenHeld says what a mailed link of PurposeHeld is about and consumes nothing. Errors are those of identity's Open; what was
// released is no error (Done), what was dropped is problem.Gone.
func (s *Service) OpenHeld(ctx context.Context, token string) (HeldMail, error) {
	l, gone := s.opts.Identity.Open(ctx, token, identity.PurposeHeld)
	if gone != nil && !problem.Is(gone, problem.Gone) {
		return HeldMail{}, gone
	}
	row, err := s.store.Held(ctx, l.Ref)
	if err != nil {
		return HeldMail{}, known(err, "read the held answer")
	}
	return row.HeldMail, row.standing(gone)
}

// standing is nil for what can be released, or was; gone is what is wrong with the link.
func (r HeldRow) standing(gone error) error {
	switch {
	case r.Outcome == Released:
		return nil
	case r.Outcome != Held:
		return problem.New(problem.Gone, "problem.held_dropped")
	default:
		return gone
	}
}

// Release sends a held answer as its person's, remembers the address when asked to, and tells the person's own address. A
// second click answers like the first. problem.Gone (problem.held_moved) when the person no longer takes part in the ticket:
// then nothing is spent.
func (s *Service) Release(ctx context.Context, token string, remember bool) (HeldMail, error) {
	var held HeldMail
	err := s.store.InTx(ctx, func(tx Tx) error {
		row, err := s.lockHeld(ctx, tx, token)
		if err != nil {
			return err
		}
		if held = row.HeldMail; held.Done {
			return nil
		}
		held.Done = true
		held.Remembered, err = s.release(ctx, tx, row, remember)
		return err
	})
	if err != nil {
		return HeldMail{}, err
	}
	return held, nil
}

// lockHeld spends the link and locks what it is about. What was released is returned too, with Done.
func (s *Service) lockHeld(ctx context.Context, tx Tx, token string) (HeldRow, error) {
	l, gone := s.opts.Identity.Spend(ctx, tx, token, identity.PurposeHeld)
	if gone != nil && !problem.Is(gone, problem.Gone) {
		return HeldRow{}, gone
	}
	row, err := tx.LockHeld(ctx, l.Ref)
	if err != nil {
		return HeldRow{}, known(err, "lock the held answer")
	}
	return row, row.standing(gone)
}

func (s *Service) release(ctx context.Context, tx Tx, row HeldRow, remember bool) (remembered bool, err error) {
	files, err := tx.Files(ctx, row.ID)
	if err != nil {
		return false, fmt.Errorf("read the held files: %w", err)
	}
	by := row.Person
	said, _, err := s.opts.Tickets.SayIn(ctx, tx, row.TicketID, tickets.NewMessage{
		Key: messageKey(row.Digest, row.TicketID), Body: row.Text, Files: attachments(files), Via: tickets.ByMail, MailID: row.MessageID,
	}, by)
	if problem.Is(err, problem.NotFound) {
		return false, problem.New(problem.Gone, "problem.held_moved")
	}
	if err != nil {
		return false, fmt.Errorf("post the held answer: %w", err)
	}
	if err := tx.EndMail(ctx, row.ID, End{Outcome: Released, TicketID: row.TicketID, PersonID: by.ID, MessageID: said}); err != nil {
		return false, fmt.Errorf("note that the answer was released: %w", err)
	}
	if err := tx.DropFiles(ctx, row.ID); err != nil {
		return false, fmt.Errorf("drop the held files: %w", err)
	}
	if err := tx.Audit(ctx, identity.Entry{
		Actor: identity.ActorPerson, ActorID: by.ID, Action: "ticket.answer_released", Subject: "ticket", SubjectID: row.TicketID,
		Data: map[string]any{"remember": remember},
	}); err != nil {
		return false, fmt.Errorf("audit the release: %w", err)
	}
	return s.remember(ctx, tx, row, remember)
}

// remember gives the person the address, when asked to, and tells the person's own address what happened.
func (s *Service) remember(ctx context.Context, tx Tx, row HeldRow, wanted bool) (bool, error) {
	var id int64
	if wanted {
		var err error
		if id, err = tx.AddAddress(ctx, row.Person.ID, row.Sender, s.now()); err != nil {
			return false, fmt.Errorf("remember the address: %w", err)
		}
	}
	if id == 0 { // not wanted, or it is somebody's own: theirs it stays
		return false, enqueue(ctx, tx, LetterReleased, row.Person.Email, row.Person.Lang, row.ID)
	}
	if err := tx.Audit(ctx, identity.Entry{
		Actor: identity.ActorPerson, ActorID: row.Person.ID, Action: "person.address_added", Subject: "person", SubjectID: row.Person.ID,
	}); err != nil {
		return false, fmt.Errorf("audit the address: %w", err)
	}
	return true, enqueue(ctx, tx, LetterAdded, row.Person.Email, row.Person.Lang, id)
}

// Discard drops a held answer: it was not me. Again: no error; problem.Gone when it was released.
func (s *Service) Discard(ctx context.Context, token string) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		row, err := s.lockHeld(ctx, tx, token)
		switch {
		case row.Outcome == Dropped:
			return nil
		case err != nil:
			return err
		case row.Done:
			return problem.New(problem.Gone, "problem.held_released")
		}
		if err := tx.EndMail(ctx, row.ID, End{Outcome: Dropped, Reason: ReasonDiscarded, TicketID: row.TicketID}); err != nil {
			return fmt.Errorf("drop the held answer: %w", err)
		}
		if err := tx.DropFiles(ctx, row.ID); err != nil {
			return fmt.Errorf("drop the held files: %w", err)
		}
		return nil
	})
}

// Subject returns a mail that came in, for the mails about it, or problem.NotFound.
func (s *Service) Subject(ctx context.Context, mailID int64) (Subject, error) {
	sub, err := s.store.Subject(ctx, mailID)
	if err != nil {
		return Subject{}, known(err, "read the mail")
	}
	return sub, nil
}

// isNone reports whether a row is not there.
func isNone(err error) bool { return errors.Is(err, ErrNotFound) }
