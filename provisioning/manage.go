package provisioning

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"nichoir/internal/problem"
)

// Close unmakes a space: the team's decision, confirmed by typing the space's name. There is no way back.
func (s *Service) Close(ctx context.Context, publicID string, by int64, typedName string) error {
	err := s.o.Store.InTx(ctx, func(tx Tx) error {
		space, err := s.lockAny(ctx, tx, publicID)
		if err != nil {
			return err
		}
		if space.State == Deleting || space.State == Closed {
			return nil // a double click
		}
		if !sameName(typedName, space.Name) {
			return problem.InvalidField("name", "problem.typed_name")
		}
		err = tx.SetSpaceState(ctx, space.ID, Deleting, Queued, Provisioning, Ready, Active, Suspended, Closing)
		if err != nil {
			return err
		}
		if err := tx.Unblock(ctx, space.ID); err != nil {
			return err
		}
		if err := tx.Audit(ctx, Entry{ActorID: by, Action: "space.closing", Subject: "space", SubjectID: space.ID}); err != nil {
			return err
		}
		return tx.Enqueue(ctx, WorkSpace{SpaceID: space.ID})
	})
	if err != nil {
		return fmt.Errorf("close the space: %w", err)
	}
	return nil
}

func sameName(a, b string) bool {
	fold := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(norm.NFC.String(s)), " ")) }
	return fold(a) == fold(b)
}

// Retry lets a blocked space go on.
func (s *Service) Retry(ctx context.Context, publicID string, by int64) error {
	err := s.o.Store.InTx(ctx, func(tx Tx) error {
		space, err := s.lockAny(ctx, tx, publicID)
		if err != nil {
			return err
		}
		if err := tx.Unblock(ctx, space.ID); err != nil {
			return err
		}
		if err := tx.Audit(ctx, Entry{ActorID: by, Action: "space.retried", Subject: "space", SubjectID: space.ID}); err != nil {
			return err
		}
		return tx.Enqueue(ctx, WorkSpace{SpaceID: space.ID})
	})
	if err != nil {
		return fmt.Errorf("try the space again: %w", err)
	}
	return nil
}

// RetryAll lets every space go on that the cause blocks on the host (0: on none yet), and returns how many.
func (s *Service) RetryAll(ctx context.Context, hostID int64, cause Cause, by int64) (int, error) {
	var n int
	err := s.o.Store.InTx(ctx, func(tx Tx) error {
		var err error
		n, err = s.wake(ctx, tx, hostID, cause)
		if err != nil || n == 0 {
			return err
		}
		return tx.Audit(ctx, Entry{ActorID: by, Action: "host.retried", Subject: "host", SubjectID: hostID,
			Data: map[string]any{"cause": string(cause), "spaces": n}})
	})
	if err != nil {
		return 0, fmt.Errorf("try the spaces again: %w", err)
	}
	return n, nil
}

// wake unblocks and enqueues the spaces that the cause blocks on the host.
func (s *Service) wake(ctx context.Context, tx Tx, hostID int64, cause Cause) (int, error) {
	ids, err := tx.UnblockAll(ctx, hostID, cause)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := tx.Enqueue(ctx, WorkSpace{SpaceID: id}); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// EnqueueDue puts every space on the queue that has something to do and is held by nobody: what a lost job left behind,
// and a reading of every host that was away and may be back. It returns how many spaces, at most limit.
func (s *Service) EnqueueDue(ctx context.Context, limit int) (int, error) {
	hosts, err := s.o.Store.HostsToProbe(ctx)
	if err != nil {
		return 0, fmt.Errorf("read which hosts may be back: %w", err)
	}
	var n int
	err = s.o.Store.InTx(ctx, func(tx Tx) error {
		for _, id := range hosts {
			if err := tx.Enqueue(ctx, SweepHost{HostID: id}); err != nil {
				return err
			}
		}
		ids, err := tx.Due(ctx, 0, limit)
		if err != nil {
			return err
		}
		n = len(ids)
		for _, id := range ids {
			if err := tx.Enqueue(ctx, WorkSpace{SpaceID: id}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("enqueue what is due: %w", err)
	}
	return n, nil
}

func (s *Service) lockAny(ctx context.Context, tx Tx, publicID string) (Space, error) {
	space, err := tx.LockSpace(ctx, publicID)
	if errors.Is(err, ErrNotFound) {
		return Space{}, problem.New(problem.NotFound, "problem.space_not_found")
	}
	return space, err
}

func (s *Service) setHealth(ctx context.Context, hostID int64, to Health, pause time.Duration) error {
	err := s.o.Store.InTx(ctx, func(tx Tx) error {
		changed, err := tx.SetHealth(ctx, hostID, to, pause)
		if err != nil || !changed {
			return err
		}
		return tx.Audit(ctx, Entry{Action: "host." + string(to), Subject: "host", SubjectID: hostID})
	})
	if err != nil {
		return fmt.Errorf("record the host's health: %w", err)
	}
	return nil
}
