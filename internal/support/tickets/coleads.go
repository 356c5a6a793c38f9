package tickets

import (
	"context"
	"errors"
	"fmt"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/typed"
)

// MayHelp reports (nil, else problem.NotFound) whether the person may ask for help for the space: its lead or a co-lead.
func (s *Service) MayHelp(ctx context.Context, spaceID int64, by identity.Person) error {
	h, err := s.store.TicketHelper(ctx, spaceID, by.ID)
	if err != nil {
		return known(err, "read the space")
	}
	if !h.MayHelp {
		return notFound()
	}
	return nil
}

// Coleads returns those of a space. Who may see a space is the caller's to check.
func (s *Service) Coleads(ctx context.Context, spaceID int64) ([]Colead, error) {
	cs, err := s.store.Coleads(ctx, spaceID)
	if err != nil {
		return nil, fmt.Errorf("read the co-leads: %w", err)
	}
	return cs, nil
}

// AddColead names a member of the space by its account; the lead only. Becoming one makes a person known by the account's
// address. Again: no error. problem.NotFound for who is not the lead, and when no such account lives.
func (s *Service) AddColead(ctx context.Context, spaceID, accountID int64, by identity.Person) error {
	return s.onColead(ctx, spaceID, accountID, by, "space.colead_added", func(tx DeskTx) (bool, error) {
		a, err := tx.LockColeadAccount(ctx, spaceID, accountID)
		if errors.Is(err, ErrNotFound) {
			return false, problem.New(problem.NotFound, "problem.member_not_found")
		}
		if err != nil {
			return false, fmt.Errorf("lock the account: %w", err)
		}
		person, err := tx.PersonFor(ctx, a.Email, a.Name, a.Lang)
		if err != nil {
			return false, fmt.Errorf("make the person known: %w", err)
		}
		return tx.InsertColead(ctx, spaceID, accountID, person)
	})
}

// RemoveColead takes that back; the lead only. Again: no error.
func (s *Service) RemoveColead(ctx context.Context, spaceID, accountID int64, by identity.Person) error {
	return s.onColead(ctx, spaceID, accountID, by, "space.colead_removed", func(tx DeskTx) (bool, error) {
		return tx.DeleteColead(ctx, spaceID, accountID)
	})
}

// onColead is what the lead does to a co-lead, with its line of the trail when it changed anything.
func (s *Service) onColead(
	ctx context.Context, spaceID, accountID int64, by identity.Person, action string, do func(DeskTx) (bool, error),
) error {
	return s.store.InTx(ctx, func(tx DeskTx) error {
		h, err := tx.TicketHelper(ctx, spaceID, by.ID)
		if err != nil {
			return known(err, "read the space")
		}
		if !h.Lead {
			return notFound()
		}
		changed, err := do(tx)
		if err != nil || !changed {
			return err
		}
		return tx.Audit(ctx, identity.Entry{
			Actor: identity.ActorPerson, ActorID: by.ID, Action: action, Subject: "space", SubjectID: spaceID,
			Data: map[string]any{"account": accountID},
		})
	})
}

// SpacesOf returns the public ids of the spaces of which the person is a co-lead.
func (s *Service) SpacesOf(ctx context.Context, personID int64) ([]string, error) {
	ids, err := s.store.ColeadSpaces(ctx, personID)
	if err != nil {
		return nil, fmt.Errorf("read the spaces: %w", err)
	}
	return ids, nil
}

// SpacesFor returns the spaces for which the person of that address may ask for help, for mails without a reply address. An
// address that several people write from, and that is nobody's own, is nobody's: problem.NotFound, as for one that nobody has.
func (s *Service) SpacesFor(ctx context.Context, address string) (by identity.Person, spaceIDs []int64, err error) {
	if !typed.Storable(address) {
		return identity.Person{}, nil, notFound()
	}
	people, err := s.store.PeopleByAddress(ctx, address)
	if err != nil {
		return identity.Person{}, nil, fmt.Errorf("read whose address it is: %w", err)
	}
	if len(people) == 0 {
		return identity.Person{}, nil, notFound()
	}
	by = people[0]
	if len(people) > 1 && !sameAddress(by.Email, address) {
		return identity.Person{}, nil, notFound()
	}
	if spaceIDs, err = s.store.HelpedSpaces(ctx, by.ID); err != nil {
		return identity.Person{}, nil, fmt.Errorf("read the spaces: %w", err)
	}
	return by, spaceIDs, nil
}
