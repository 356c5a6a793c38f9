package onboarding_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
)

func TestWithdrawnWhileDecidedIsLeftAlone(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	stays, leaves := b.confirmed(t, 1), b.confirmed(t, 2)
	must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, approve(stays, leaves)))
	if err := b.Withdraw(t.Context(), leaves.PublicID, b.lead(t, leaves)); err != nil {
		t.Fatal(err)
	}
	b.release(t)
	b.wantState(t, stays, onboarding.Approved)
	b.wantState(t, leaves, onboarding.Withdrawn)
	if n := value[int](t, b, `SELECT count(*) FROM spaces`); n != 1 {
		t.Errorf("%d spaces, want 1", n)
	}
}

func TestABatchIsAppliedByHundreds(t *testing.T) {
	t.Parallel()
	b := setup(t, 1000)
	var as []onboarding.Application
	for i := range 230 {
		as = append(as, b.confirmed(t, i))
	}
	batch := must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, approve(as...)))
	b.exec(t, `UPDATE batches SET release_at = now()`)
	must[int](t)(b.ReleaseDue(t.Context()))
	spaces := func() int { return value[int](t, b, `SELECT count(*) FROM spaces`) }
	for run, want := range []struct{ spaces, jobs int }{{100, 2}, {200, 3}, {230, 3}, {230, 3}} { // the last: a job too many
		if err := b.ApplyBatch(t.Context(), batch.ID); err != nil {
			t.Fatal(err)
		}
		if s, j := spaces(), b.jobs(t, "apply_batch"); s != want.spaces || j != want.jobs {
			t.Errorf("run %d: %d spaces and %d jobs, want %d and %d", run, s, j, want.spaces, want.jobs)
		}
	}
	if n := value[int](t, b, `SELECT count(*) FROM audit WHERE action = 'application.approved'`); n != 230 {
		t.Errorf("%d lines in the trail", n)
	}
}

func TestAnApplyThatCrashesIsRepeatedWithoutHarm(t *testing.T) {
	t.Parallel()
	b := setup(t, 1000)
	var as []onboarding.Application
	for i := range 110 {
		as = append(as, b.confirmed(t, i))
	}
	batch := must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, approve(as...)))
	b.exec(t, `UPDATE batches SET release_at = now()`)
	must[int](t)(b.ReleaseDue(t.Context()))
	// Nobody may write an account any more: the transaction ends half-way through, as if the process had died.
	b.exec(t, `ALTER TABLE accounts ADD CONSTRAINT crash CHECK (email <> 'lea50@example.org')`)
	if err := b.ApplyBatch(t.Context(), batch.ID); err == nil {
		t.Fatal("no crash")
	}
	if n := value[int](t, b, `SELECT count(*) FROM spaces`); n != 0 {
		t.Errorf("%d spaces of a transaction that failed", n)
	}
	b.exec(t, `ALTER TABLE accounts DROP CONSTRAINT crash`)
	if n := must[int](t)(b.ReleaseDue(t.Context())); n != 0 {
		t.Errorf("%d jobs for a batch that was worked on just now", n)
	}
	b.exec(t, `UPDATE batches SET worked_at = now() - interval '6 minutes'`)
	for _, want := range []int{1, 0} { // found again, once
		if n := must[int](t)(b.ReleaseDue(t.Context())); n != want {
			t.Errorf("%d jobs for a batch whose job was lost, want %d", n, want)
		}
	}
	// Two jobs for one batch at once, as after a restart that was none.
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = b.ApplyBatch(context.Background(), batch.ID) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if n := value[int](t, b, `SELECT count(*) FROM spaces`); n != 110 {
		t.Errorf("%d spaces, want 110", n)
	}
	if got := b.actions(t, "batch", batch.ID); got != "batch.opened, batch.decided, batch.released, batch.done" {
		t.Errorf("the trail is %q", got)
	}
}

// The states that no service makes yet are in the guards all the same.
func TestChangesRequested(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	withdrawn, rejected, waiting := b.confirmed(t, 1), b.confirmed(t, 2), b.confirmed(t, 3)
	b.exec(t, `UPDATE applications SET state = 'changes_requested' WHERE state = 'submitted'`)
	_, err := b.DecideBatch(t.Context(), b.admin, approve(rejected))
	wantProblem(t, err, problem.Conflict, "problem.applications_moved")
	must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, reject(rejected)))
	b.wantState(t, waiting, onboarding.Waitlisted) // both places are held still
	b.release(t)
	b.wantState(t, rejected, onboarding.Rejected)
	b.wantState(t, waiting, onboarding.Submitted)
	if err := b.Withdraw(t.Context(), withdrawn.PublicID, b.lead(t, withdrawn)); err != nil {
		t.Fatal(err)
	}
	b.wantState(t, withdrawn, onboarding.Withdrawn)
}

func TestAWaitingApplicationInABatchIsNotPromoted(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	holder, held, next := b.confirmed(t, 1), b.confirmed(t, 2), b.confirmed(t, 3)
	batch := must[onboarding.Batch](t)(b.OpenBatch(t.Context(), b.reviewer, reject(held)))
	if err := b.Withdraw(t.Context(), holder.PublicID, b.lead(t, holder)); err != nil {
		t.Fatal(err)
	}
	b.wantState(t, held, onboarding.Waitlisted)
	b.wantState(t, next, onboarding.Submitted)
	if err := b.Discard(t.Context(), batch.ID, b.reviewer); err != nil {
		t.Fatal(err)
	}
	b.exec(t, `UPDATE campaigns SET capacity = 2`)
	must[int](t)(b.PromoteDue(t.Context()))
	b.wantState(t, held, onboarding.Submitted)
}
