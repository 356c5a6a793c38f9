package onboarding

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
)

// promoteChunk is how many applications leave the waiting list in one transaction.
const promoteChunk = 100

// promote gives free places to those who wait, the oldest first, and returns how many places are left for others. The
// campaign must be locked.
func (s *Service) promote(ctx context.Context, tx Tx, c Campaign) (left int, err error) {
	taken, err := tx.Taken(ctx, c.ID)
	if err != nil {
		return 0, fmt.Errorf("count the places: %w", err)
	}
	free := c.Capacity - taken
	if free <= 0 {
		return 0, nil
	}
	limit := min(free, promoteChunk)
	lucky, err := tx.Promote(ctx, c.ID, limit)
	if err != nil {
		return 0, fmt.Errorf("take from the waiting list: %w", err)
	}
	ids := make([]int64, 0, len(lucky))
	for _, a := range lucky {
		ids = append(ids, a.ID)
		if err := tx.Enqueue(ctx, a.letter(LetterReceived, fmt.Sprintf("promoted:%d", a.ID))); err != nil {
			return 0, fmt.Errorf("mail the lead: %w", err)
		}
	}
	if err := tx.AuditEach(ctx, entry("application.promoted", 0, nil), ids); err != nil {
		return 0, fmt.Errorf("write the trail: %w", err)
	}
	if len(lucky) == promoteChunk { // others may wait still
		return 0, nil
	}
	return free - len(lucky), nil
}

// PromoteDue gives the places that are free to those who wait, and returns in how many campaigns. The transactions that
// free a place do the same; this is for a capacity that was raised.
func (s *Service) PromoteDue(ctx context.Context) (int, error) {
	ids, err := s.store.Crowded(ctx)
	if err != nil {
		return 0, fmt.Errorf("look for free places: %w", err)
	}
	for i, id := range ids {
		err := s.store.InTx(ctx, func(tx Tx) error {
			c, err := tx.LockCampaign(ctx, id)
			if err != nil {
				return fmt.Errorf("lock the campaign: %w", err)
			}
			_, err = s.promote(ctx, tx, c)
			return err
		})
		if err != nil {
			return i, err
		}
	}
	return len(ids), nil
}

// Withdraw ends an application at its lead's wish and gives the place to who waits for it. Withdrawn already, it does
// nothing. Returns problem.NotFound when the person is not its lead and problem.Conflict when it is decided.
func (s *Service) Withdraw(ctx context.Context, publicID string, by identity.Person) error {
	st, err := s.Status(ctx, publicID)
	if err != nil {
		return err
	}
	if by.ID == 0 || st.Application.PersonID != by.ID {
		return notFound()
	}
	return s.store.InTx(ctx, func(tx Tx) error {
		c, a, err := s.lock(ctx, tx, st.Application.ID)
		if err != nil {
			return err
		}
		if a.State == Withdrawn {
			return nil
		}
		err = tx.Move(ctx, a.ID, Withdrawn, Submitted, ChangesRequested, Waitlisted)
		if errors.Is(err, ErrMoved) {
			return problem.New(problem.Conflict, "problem.application_decided")
		}
		if err != nil {
			return fmt.Errorf("withdraw the application: %w", err)
		}
		if err := tx.Audit(ctx, byPerson(entry("application.withdrawn", a.ID, nil), by)); err != nil {
			return fmt.Errorf("write the trail: %w", err)
		}
		_, err = s.promote(ctx, tx, c)
		return err
	})
}

// Reopen takes a rejected application back to submitted, under its own slug or the given one. It may exceed the campaign's
// capacity: the admin has seen why. Returns problem.Forbidden, problem.NotFound, problem.Conflict when it is not rejected
// (problem.application_moved) or when the slug has been taken since (problem.slug_taken, with "proposal"), and
// problem.Invalid for a slug that is none.
func (s *Service) Reopen(ctx context.Context, publicID, slug string, by identity.Person) error {
	if err := by.Must(identity.Admin); err != nil {
		return err
	}
	st, err := s.Status(ctx, publicID)
	if err != nil {
		return err
	}
	a := st.Application
	if slug = strings.TrimSpace(slug); slug != "" && slug != a.Slug {
		if !ValidSlug(slug) || Reserved(slug) {
			return problem.InvalidField(FieldSlug, "problem.slug_form")
		}
		a.Slug = slug
	}
	err = s.store.InTx(ctx, func(tx Tx) error {
		if _, _, err := s.lock(ctx, tx, a.ID); err != nil {
			return err
		}
		if err := tx.Reopen(ctx, a.ID, a.Slug, searchText(a)); err != nil {
			return fmt.Errorf("reopen the application: %w", err)
		}
		return tx.Audit(ctx, byPerson(entry("application.reopened", a.ID, nil), by))
	})
	switch {
	case errors.Is(err, ErrTaken):
		return s.slugTaken(ctx, a.Slug)
	case errors.Is(err, ErrMoved):
		return problem.New(problem.Conflict, "problem.application_moved")
	}
	return err
}
