package inbox

import (
	"context"
	"fmt"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/typed"
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
		return forgotten(ctx, tx, a.PersonID)
	})
}

// forgotten writes into the trail that an address of a person is theirs no longer.
func forgotten(ctx context.Context, tx Tx, personID int64) error {
	if err := tx.Audit(ctx, identity.Entry{
		Actor: identity.ActorPerson, ActorID: personID, Action: "person.address_forgotten", Subject: "person", SubjectID: personID,
	}); err != nil {
		return fmt.Errorf("audit the address: %w", err)
	}
	return nil
}

// Addresses returns the other addresses that were remembered for a person, by name.
func (s *Service) Addresses(ctx context.Context, personID int64) ([]Address, error) {
	all, err := s.store.Addresses(ctx, personID)
	if err != nil {
		return nil, fmt.Errorf("read the addresses: %w", err)
	}
	return all, nil
}

// ForgetOwnAddress forgets one of the person's other addresses, in any case of its letters. Again, or one that is not theirs:
// no error, and nothing changes.
func (s *Service) ForgetOwnAddress(ctx context.Context, personID int64, address string) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		had, err := tx.DropOwnAddress(ctx, personID, typed.Line(address))
		if err != nil {
			return fmt.Errorf("forget the address: %w", err)
		}
		if !had {
			return nil
		}
		return forgotten(ctx, tx, personID)
	})
}
