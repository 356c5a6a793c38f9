package identity

import (
	"context"
	"errors"
	"fmt"

	"nichoir/internal/problem"
)

// Staff returns who has a role, admins first, each by name.
func (s *Service) Staff(ctx context.Context) ([]Person, error) {
	people, err := s.store.Staff(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the staff: %w", err)
	}
	return people, nil
}

// RemoveStaff takes the role and the second factor from the member of staff known by the address, and ends their sessions.
// The person stays: they may lead a space, and the trail names them beside what they decided. It is for the operator.
// Returns problem.NotFound when nobody of staff is known by the address.
func (s *Service) RemoveStaff(ctx context.Context, email string) (Person, error) {
	return s.onStaff(ctx, email, "person.staff_left", func(tx Tx, p Person) error {
		return errors.Join(tx.DropRole(ctx, p.ID), tx.SetSecret(ctx, p.ID, Secret{}), tx.DeleteSessionsOf(ctx, p.ID))
	})
}

// ResetSecondFactor forgets the second factor of a member of staff who lost it, and ends their sessions. It is for the
// operator. Returns problem.NotFound when nobody of staff is known by the address.
func (s *Service) ResetSecondFactor(ctx context.Context, email string) (Person, error) {
	return s.onStaff(ctx, email, "person.second_factor_reset", func(tx Tx, p Person) error {
		return errors.Join(tx.SetSecret(ctx, p.ID, Secret{}), tx.DeleteSessionsOf(ctx, p.ID))
	})
}

// onStaff changes a member of staff, and writes that the operator did.
func (s *Service) onStaff(ctx context.Context, email, action string, change func(Tx, Person) error) (Person, error) {
	unknown := problem.New(problem.NotFound, "problem.staff_unknown")
	p, err := s.store.PersonByEmail(ctx, email)
	if errors.Is(err, ErrNotFound) {
		return Person{}, unknown
	}
	if err != nil {
		return Person{}, fmt.Errorf("read the person: %w", err)
	}
	err = s.store.InTx(ctx, func(tx Tx) error {
		if p, _, err = tx.LockPerson(ctx, p.ID); err != nil {
			return fmt.Errorf("lock the person: %w", err)
		}
		if p.Role == NoRole {
			return unknown
		}
		if err := change(tx, p); err != nil {
			return fmt.Errorf("write the member of staff: %w", err)
		}
		return tx.Audit(ctx, Entry{Actor: ActorOperator, Action: action, Subject: "person", SubjectID: p.ID})
	})
	if err != nil {
		return Person{}, err
	}
	return p, nil
}
