package webhooks

import (
	"context"
	"errors"
	"fmt"

	"nichoir/internal/identity"
)

// Tend enqueues up to limit deliveries that are due and held by nobody, seals secrets of an older key anew, and forgets
// deliveries of long ago. It returns how many it took up.
func (s *Service) Tend(ctx context.Context, limit int) (int, error) {
	due, err := s.store.Due(ctx, s.now().Add(-lateness), limit)
	if err != nil {
		return 0, fmt.Errorf("look for deliveries that are due: %w", err)
	}
	for _, id := range due {
		err := s.store.InTx(ctx, func(tx Tx) error { return tx.Enqueue(ctx, Deliver{DeliveryID: id}) })
		if err != nil {
			return 0, fmt.Errorf("enqueue a delivery: %w", err)
		}
	}
	if err := s.reseal(ctx); err != nil {
		return len(due), fmt.Errorf("seal secrets anew: %w", err)
	}
	if _, err := s.store.Forget(ctx, s.now().Add(-s.opts.Keep), limit); err != nil {
		return len(due), fmt.Errorf("forget deliveries: %w", err)
	}
	return len(due), nil
}

// reseal seals with the key of today what an older one sealed. What no key opens is left: its deliveries say so.
func (s *Service) reseal(ctx context.Context) error {
	secrets, err := s.store.SealedOtherwise(ctx, s.opts.Seal.Header())
	if err != nil {
		return err
	}
	for _, old := range secrets {
		plain, err := s.opts.Seal.Open(old.Sealed, sealContext)
		if errors.Is(err, identity.ErrSealed) {
			continue
		}
		if err != nil {
			return err
		}
		sealed, err := s.opts.Seal.Seal(plain, sealContext)
		if err != nil {
			return err
		}
		if err := s.store.ReplaceSecret(ctx, old, sealed); err != nil {
			return err
		}
	}
	return nil
}
