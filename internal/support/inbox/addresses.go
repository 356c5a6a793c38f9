package inbox

import (
	"context"
	"fmt"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
)

// AddressByID returns another address of a person, for the mail about it, or problem.NotFound.
func (s *Service) AddressByID(ctx context.Context, id int64) (Address, error) {
	a, err := s.store.AddressByID(ctx, id)
	if err != nil {
		return Address{}, known(err, "read the address")
	}
	return a, nil
}

// OpenAddress says which address a mailed link of PurposeAddress is about and consumes nothing. problem.Gone
// (problem.address_forgotten) when it was forgotten.
func (s *Service) OpenAddress(ctx context.Context, token string) (string, error) {
	l, gone := s.opts.Identity.Open(ctx, token, identity.PurposeAddress)
	if gone != nil && !problem.Is(gone, problem.Gone) {
		return "", gone
	}
	a, err := s.store.AddressByID(ctx, l.Ref)
	if isNone(err) {
		return "", problem.New(problem.Gone, "problem.address_forgotten")
	}
	if err != nil {
		return "", fmt.Errorf("read the address: %w", err)
	}
	return a.Email, gone
}

// ForgetAddress forgets it again. Again: no error.
func (s *Service) ForgetAddress(ctx context.Context, token string) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		l, gone := s.opts.Identity.Spend(ctx, tx, token, identity.PurposeAddress)
		if gone != nil && !problem.Is(gone, problem.Gone) {
			return gone
		}
		a, err := tx.AddressByID(ctx, l.Ref)
		if isNone(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the address: %w", err)
		}
		if gone != nil {
			return gone
		}
		if _, err := tx.DropAddress(ctx, a.ID); err != nil {
			return fmt.Errorf("forget the address: %w", err)
		}
		if err := tx.Audit(ctx, identity.Entry{
			Actor: identity.ActorPerson, ActorID: a.PersonID, Action: "person.address_forgotten", Subject: "person", SubjectID: a.PersonID,
		}); err != nil {
			return fmt.Errorf("audit the address: %w", err)
		}
		return nil
	})
}
