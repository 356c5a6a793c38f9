package provisioning

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const stepPlace = "place"

// noHostPause is how long a space waits before it looks for a host again; a host that is added or heals wakes it before.
const noHostPause = 5 * time.Minute

// place gives a queued space its host, its folder's name and its lead's login, in one transaction.
func (s *Service) place(ctx context.Context, lease Lease, space Space) (bool, error) {
	var err error
	for range 5 { // a login or a name taken by another worker in the meantime
		if err = s.o.Store.InTx(ctx, func(tx Tx) error { return s.placeTx(ctx, tx, lease, space) }); !errors.Is(err, ErrRaced) {
			break
		}
	}
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, ErrNotFound):
		return false, s.noHost(ctx, lease, space)
	case errors.Is(err, ErrLost), errors.Is(err, ErrMoved):
		return false, nil
	}
	return false, fmt.Errorf("place the space: %w", err)
}

func (s *Service) placeTx(ctx context.Context, tx Tx, lease Lease, space Space) error {
	if _, err := tx.Hold(ctx, lease, Slot{}, s.o.LeaseTTL); err != nil {
		return err
	}
	host, err := tx.PickHost(ctx, space.Suite, space.Lang)
	if err != nil {
		return err
	}
	if err := tx.Place(ctx, space.ID, host.ID); err != nil {
		return err
	}
	if err := s.chooseMountPoint(ctx, tx, space); err != nil {
		return err
	}
	accounts, err := tx.AccountsOf(ctx, space.ID)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if a.Login != "" {
			continue
		}
		login, err := freeLogin(ctx, tx, host.ID, loginFor(a.Name), "")
		if err != nil {
			return err
		}
		if err := tx.SetLogin(ctx, a.ID, host.ID, login); err != nil {
			return err
		}
	}
	if err := tx.SetSpaceState(ctx, space.ID, Provisioning, Queued); err != nil {
		return err
	}
	return tx.Audit(ctx, Entry{Action: "space.placed", Subject: "space", SubjectID: space.ID, Data: map[string]any{"host": host.ID}})
}

// chooseMountPoint takes the first of the space's names that is nobody else's on the host.
func (s *Service) chooseMountPoint(ctx context.Context, tx Tx, space Space) error {
	err := ErrTaken
	for _, name := range mountPoints(space) {
		if err = tx.SetMountPoint(ctx, space.ID, name); !errors.Is(err, ErrTaken) {
			return err
		}
	}
	return err
}

// noHost says on the space that nobody offers what it asks for; the tick tries again.
func (s *Service) noHost(ctx context.Context, lease Lease, space Space) error {
	s.o.Steps(stepPlace, "waited")
	err := s.o.Store.InTx(ctx, func(tx Tx) error {
		held, err := tx.Hold(ctx, lease, Slot{}, s.o.LeaseTTL)
		if err != nil || held.State != Queued { // closed meanwhile: there is nothing to wait for
			return err
		}
		if err := tx.Postpone(ctx, space.ID, noHostPause); err != nil {
			return err
		}
		return tx.Block(ctx, space.ID, Blocked{Step: stepPlace, Cause: CauseNoHost, Since: s.o.Now()})
	})
	if err != nil && !errors.Is(err, ErrLost) {
		return fmt.Errorf("say that no host is free: %w", err)
	}
	return nil
}
