package onboarding

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/typed"
)

// OpenBatch prepares a batch: its applications are held for it, and nothing is decided. Reviewers may. Returns
// problem.Forbidden, problem.Invalid, or problem.Conflict (problem.applications_moved) when one of the applications is in
// another batch or in a state that cannot be so decided: their names are the value "names", their number is "count", and no
// batch is made.
func (s *Service) OpenBatch(ctx context.Context, by identity.Person, sel Selection) (Batch, error) {
	return s.batch(ctx, by, identity.Reviewer, sel, func(Tx, int64) error { return nil })
}

// DecideBatch is OpenBatch and Decide in one: all of it, or nothing. Admins only.
func (s *Service) DecideBatch(ctx context.Context, by identity.Person, sel Selection) (Batch, error) {
	return s.batch(ctx, by, identity.Admin, sel, func(tx Tx, id int64) error { return s.decide(ctx, tx, id, by) })
}

func (s *Service) batch(
	ctx context.Context, by identity.Person, needed identity.Role, sel Selection, then func(Tx, int64) error,
) (Batch, error) {
	if err := by.Must(needed); err != nil {
		return Batch{}, err
	}
	sel, err := sel.check()
	if err != nil {
		return Batch{}, err
	}
	var id int64
	err = s.store.InTx(ctx, func(tx Tx) error {
		ids, err := s.lockSelection(ctx, tx, sel)
		if err != nil {
			return err
		}
		if id, err = tx.InsertBatch(ctx, sel, by.ID); err != nil {
			return fmt.Errorf("open the batch: %w", err)
		}
		if err := tx.Gather(ctx, id, ids); err != nil {
			return fmt.Errorf("fill the batch: %w", err)
		}
		if err := tx.Audit(ctx, byPerson(batchEntry("batch.opened", id, len(ids)), by)); err != nil {
			return fmt.Errorf("write the trail: %w", err)
		}
		return then(tx, id)
	})
	if err != nil {
		return Batch{}, err
	}
	return s.read(ctx, id)
}

func (sel Selection) check() (Selection, error) {
	sel.Reason = typed.Paragraphs(sel.Reason)
	sel.IDs = slices.Clone(sel.IDs)
	slices.Sort(sel.IDs)
	sel.IDs = slices.Compact(sel.IDs)
	var wrong []problem.Field
	if n := len(sel.IDs); n == 0 || n > MaxSelection {
		wrong = append(wrong, problem.Field{
			Name: "selection", Key: "problem.selection_size", Args: map[string]any{"min": 1, "max": MaxSelection, "count": n},
		})
	}
	switch sel.Decision {
	case Approve:
		sel.Reason, sel.Notify = "", true
	case Reject:
		if sel.Notify && sel.Reason == "" {
			wrong = append(wrong, problem.Field{Name: "reason", Key: "problem.reason_required"})
		}
	default:
		wrong = append(wrong, problem.Field{Name: "decision", Key: "problem.decision_unknown"})
	}
	if utf8.RuneCountInString(sel.Reason) > reasonMax {
		wrong = append(wrong, problem.Field{
			Name: "reason", Key: "problem.reason_length", Args: map[string]any{"max": reasonMax},
		})
	}
	if len(wrong) > 0 {
		return sel, &problem.Error{Code: problem.Invalid, Key: "problem.invalid", Fields: wrong}
	}
	return sel, nil
}

// lockSelection returns the ids of the selected applications, all of which can be decided.
func (s *Service) lockSelection(ctx context.Context, tx Tx, sel Selection) ([]int64, error) {
	if slices.ContainsFunc(sel.IDs, func(id string) bool { return !typed.Storable(id) }) {
		return nil, notFound()
	}
	members, err := tx.LockSelection(ctx, sel.IDs)
	if err != nil {
		return nil, fmt.Errorf("lock the applications: %w", err)
	}
	if len(members) != len(sel.IDs) {
		return nil, notFound()
	}
	var ids []int64
	var moved []Member
	for _, m := range members {
		if m.BatchID != 0 || !slices.Contains(sel.Decision.from(), m.State) {
			moved = append(moved, m)
			continue
		}
		ids = append(ids, m.ID)
	}
	if len(moved) > 0 {
		return nil, movedOn(moved)
	}
	return ids, nil
}

// movedOn is the refusal to decide what has moved since the page was shown.
func movedOn(ms []Member) *problem.Error {
	const most = 20 // names on a page; the number tells of the others
	names := make([]string, 0, min(len(ms), most)+1)
	for _, m := range ms[:min(len(ms), most)] {
		names = append(names, m.Association)
	}
	if len(ms) > most {
		names = append(names, "…")
	}
	return problem.New(problem.Conflict, "problem.applications_moved").
		With("names", strings.Join(names, ", ")).With("count", len(ms))
}

// Decide decides an open batch: until its release nothing changes but what its applicants read ("being decided"). Admins
// only. Returns problem.NotFound; problem.Conflict when the batch is not open (problem.batch_moved), or when applications
// have moved since (problem.applications_moved with "names" and "count"): these are then out of the batch, nothing is
// decided, and the rest can be.
func (s *Service) Decide(ctx context.Context, batchID int64, by identity.Person) (Batch, error) {
	if err := by.Must(identity.Admin); err != nil {
		return Batch{}, err
	}
	var refused error
	err := s.store.InTx(ctx, func(tx Tx) error {
		b, err := tx.LockBatch(ctx, batchID)
		if err != nil {
			return known(err, "lock the batch")
		}
		if b.State != BatchOpen {
			return batchMoved()
		}
		gone, err := s.moved(ctx, tx, b)
		if err != nil {
			return err
		}
		if len(gone) == 0 {
			return s.decide(ctx, tx, batchID, by)
		}
		ids := make([]int64, 0, len(gone))
		for _, m := range gone {
			ids = append(ids, m.ID)
		}
		refused = movedOn(gone)
		return tx.Scatter(ctx, batchID, ids)
	})
	if err = errors.Join(err, refused); err != nil {
		return Batch{}, err
	}
	return s.read(ctx, batchID)
}

// moved locks the batch's applications and returns those that cannot be decided any more.
func (s *Service) moved(ctx context.Context, tx Tx, b Batch) ([]Member, error) {
	members, err := tx.LockMembers(ctx, b.ID)
	if err != nil {
		return nil, fmt.Errorf("lock the batch's applications: %w", err)
	}
	return slices.DeleteFunc(members, func(m Member) bool { return slices.Contains(b.Decision.from(), m.State) }), nil
}

func (s *Service) decide(ctx context.Context, tx Tx, batchID int64, by identity.Person) error {
	err := tx.Decide(ctx, batchID, by.ID, s.opts.UndoWindow)
	if errors.Is(err, ErrMoved) {
		return batchMoved()
	}
	if err != nil {
		return fmt.Errorf("decide the batch: %w", err)
	}
	return tx.Audit(ctx, byPerson(batchEntry("batch.decided", batchID, 0), by))
}

// Undo takes the decision of a batch back, which is open again with all its applications. Admins only. Returns
// problem.Conflict (problem.batch_moved) when its time has come: then it is carried out.
func (s *Service) Undo(ctx context.Context, batchID int64, by identity.Person) (Batch, error) {
	if err := by.Must(identity.Admin); err != nil {
		return Batch{}, err
	}
	err := s.store.InTx(ctx, func(tx Tx) error {
		err := tx.Undo(ctx, batchID)
		if errors.Is(err, ErrMoved) {
			return batchMoved()
		}
		if err != nil {
			return fmt.Errorf("undo the batch: %w", err)
		}
		return tx.Audit(ctx, byPerson(batchEntry("batch.undone", batchID, 0), by))
	})
	if err != nil {
		return Batch{}, err
	}
	return s.read(ctx, batchID)
}

// Discard forgets an open batch; its applications can be selected again. Reviewers may. Returns problem.NotFound and
// problem.Conflict (problem.batch_moved) when it is decided.
func (s *Service) Discard(ctx context.Context, batchID int64, by identity.Person) error {
	if err := by.Must(identity.Reviewer); err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx Tx) error {
		b, err := tx.LockBatch(ctx, batchID)
		if err != nil {
			return known(err, "lock the batch")
		}
		if b.State != BatchOpen {
			return batchMoved()
		}
		members, err := tx.LockMembers(ctx, batchID)
		if err != nil {
			return fmt.Errorf("lock the batch's applications: %w", err)
		}
		ids := make([]int64, 0, len(members))
		for _, m := range members {
			ids = append(ids, m.ID)
		}
		if err := tx.Scatter(ctx, batchID, ids); err != nil {
			return fmt.Errorf("empty the batch: %w", err)
		}
		if err := tx.DeleteBatch(ctx, batchID); err != nil {
			return fmt.Errorf("delete the batch: %w", err)
		}
		return tx.Audit(ctx, byPerson(batchEntry("batch.discarded", batchID, len(ids)), by))
	})
}

// Batch returns a batch and its applications, or problem.NotFound; problem.Forbidden for those who do not review.
func (s *Service) Batch(ctx context.Context, id int64, by identity.Person) (Batch, []Member, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return Batch{}, nil, err
	}
	b, err := s.read(ctx, id)
	if err != nil {
		return Batch{}, nil, err
	}
	ms, err := s.store.BatchMembers(ctx, id)
	if err != nil {
		return Batch{}, nil, fmt.Errorf("read the batch's applications: %w", err)
	}
	return b, ms, nil
}

// Batches returns the batches that are not done and the last twenty that are, latest first.
func (s *Service) Batches(ctx context.Context, by identity.Person) ([]Batch, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return nil, err
	}
	bs, err := s.store.Batches(ctx, 20)
	if err != nil {
		return nil, fmt.Errorf("read the batches: %w", err)
	}
	return bs, nil
}

func (s *Service) read(ctx context.Context, batchID int64) (Batch, error) {
	b, err := s.store.Batch(ctx, batchID)
	if err != nil {
		return Batch{}, known(err, "read the batch")
	}
	return b, nil
}

func batchMoved() error { return problem.New(problem.Conflict, "problem.batch_moved") }

func batchEntry(action string, id int64, size int) identity.Entry {
	e := identity.Entry{Actor: identity.ActorNichoir, Action: action, Subject: "batch", SubjectID: id}
	if size > 0 {
		e.Data = map[string]any{"applications": size}
	}
	return e
}
