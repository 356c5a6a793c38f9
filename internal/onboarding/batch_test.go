package onboarding_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
)

func approve(as ...onboarding.Application) onboarding.Selection {
	return onboarding.Selection{Decision: onboarding.Approve, IDs: ids(as...)}
}

func reject(as ...onboarding.Application) onboarding.Selection {
	return onboarding.Selection{Decision: onboarding.Reject, IDs: ids(as...), Reason: "Out of scope", Notify: true}
}

func TestABatchFromOpenToDone(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	one, two := b.confirmed(t, 1), b.confirmed(t, 2)
	batch := must[onboarding.Batch](t)(b.OpenBatch(t.Context(), b.reviewer, approve(one, two, one)))
	want := onboarding.Batch{
		ID: batch.ID, State: onboarding.BatchOpen, Decision: onboarding.Approve, Notify: true, Size: 2, CreatedBy: "Rim",
	}
	if diff := cmp.Diff(want, batch, cmpopts.IgnoreFields(onboarding.Batch{}, "CreatedAt")); diff != "" {
		t.Errorf("opened (-want +got):\n%s", diff)
	}
	if st := must[onboarding.Status](t)(b.Status(t.Context(), one.PublicID)); st.BeingDecided {
		t.Error("an open batch shows to the applicant")
	}
	batch = must[onboarding.Batch](t)(b.Decide(t.Context(), batch.ID, b.admin))
	if batch.State != onboarding.BatchDecided || batch.DecidedBy != "Alix" || batch.ReleaseIn < 9*time.Minute || batch.ReleaseIn > 10*time.Minute {
		t.Errorf("decided: %+v", batch)
	}
	if st := must[onboarding.Status](t)(b.Status(t.Context(), one.PublicID)); !st.BeingDecided || st.Application.State != onboarding.Submitted {
		t.Errorf("while decided: %+v", st)
	}
	if n, err := b.ReleaseDue(t.Context()); err != nil || n != 0 {
		t.Fatalf("released %d before its time (%v)", n, err)
	}
	if err := b.ApplyBatch(t.Context(), batch.ID); err != nil {
		t.Fatal(err)
	}
	b.wantState(t, one, onboarding.Submitted) // a job that comes too soon does nothing
	b.release(t)
	for _, a := range []onboarding.Application{one, two} {
		b.wantState(t, a, onboarding.Approved)
		st := must[onboarding.Status](t)(b.Status(t.Context(), a.PublicID))
		if st.BeingDecided || st.Space == nil || st.Space.State != "queued" || st.Space.Blocked || st.Application.DecidedAt.IsZero() {
			t.Errorf("approved: %+v", st)
		}
	}
	if got := must2(t)(b.Batch(t.Context(), batch.ID, b.reviewer)); got.State != onboarding.BatchDone || got.DoneAt.IsZero() {
		t.Errorf("done: %+v", got)
	}
	if got := b.actions(t, "batch", batch.ID); got != "batch.opened, batch.decided, batch.released, batch.done" {
		t.Errorf("the trail is %q", got)
	}
	if apply, work := b.jobs(t, "apply_batch"), b.jobs(t, "work_space"); apply != 1 || work != 2 {
		t.Errorf("%d jobs for the batch and %d for spaces, want 1 and 2", apply, work)
	}
}

func must2(t *testing.T) func(onboarding.Batch, []onboarding.Member, error) onboarding.Batch {
	t.Helper()
	return func(b onboarding.Batch, _ []onboarding.Member, err error) onboarding.Batch {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

func TestApprovalMakesTheSpaceThatWasAskedFor(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	a := b.confirmed(t, 1)
	must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, approve(a)))
	b.release(t)
	got := value[string](t, b, `
		SELECT concat_ws(' | ', s.state, s.name, s.slug, s.lang, s.suite, s.total_bytes, s.account_limit, s.personal_bytes,
		                 length(s.public_id), s.person_id = $1, c.name, c.email, c.role, c.state, c.wanted)
		FROM spaces s JOIN accounts c ON c.space_id = s.id WHERE s.application_id = $2`, a.PersonID, a.ID)
	want := "queued | Les Amis 1 | les-amis-1 | fr | collabora | 42949672960 | 50 | 104857600 | 20 | t | " +
		"Léa Martin | lea1@example.org | lead | invited | create"
	if got != want {
		t.Errorf("made %q, want %q", got, want)
	}
}

func TestRejection(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	told, silent := b.confirmed(t, 1), b.confirmed(t, 2)
	waiting, refusedWaiting := b.confirmed(t, 3), b.confirmed(t, 4)
	quiet := reject(silent)
	quiet.Notify, quiet.Reason = false, ""
	for _, sel := range []onboarding.Selection{reject(told, refusedWaiting), quiet} {
		must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, sel))
	}
	b.release(t)
	for _, a := range []onboarding.Application{told, silent, refusedWaiting} {
		b.wantState(t, a, onboarding.Rejected)
	}
	b.wantState(t, waiting, onboarding.Submitted)
	if got := b.mails(t, told); !strings.HasSuffix(got, "application-rejected lea1@example.org") {
		t.Errorf("mailed %q", got)
	}
	if got := b.mails(t, silent); strings.Contains(got, "rejected") {
		t.Errorf("mailed %q", got)
	}
	if st := must[onboarding.Status](t)(b.Status(t.Context(), told.PublicID)); st.Application.RejectReason != "Out of scope" {
		t.Errorf("status %+v", st)
	}
	if n := value[int](t, b, `SELECT count(*) FROM spaces`); n != 0 {
		t.Errorf("%d spaces", n)
	}
}

func TestBatchRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	a := b.confirmed(t, 1)
	waiting := b.confirmed(t, 2)
	many := make([]string, onboarding.MaxSelection+1)
	for i := range many {
		many[i] = strings.Repeat("x", 3) + string(rune('a'+i%26)) + strings.Repeat("y", i/26)
	}
	cases := []struct {
		name string
		by   identity.Person
		sel  onboarding.Selection
		code problem.Code
		key  string
	}{
		{"nobody", identity.Person{}, approve(a), problem.Unauthenticated, "problem.sign_in_first"},
		{"a lead", b.lead(t, a), approve(a), problem.Forbidden, "problem.role_missing"},
		{"nothing selected", b.admin, approve(), problem.Invalid, "problem.invalid"},
		{"too much selected", b.admin, onboarding.Selection{Decision: onboarding.Approve, IDs: many}, problem.Invalid, "problem.invalid"},
		{"no decision", b.admin, onboarding.Selection{IDs: ids(a)}, problem.Invalid, "problem.invalid"},
		{"a refusal without a reason", b.admin, onboarding.Selection{Decision: onboarding.Reject, IDs: ids(a), Notify: true}, problem.Invalid, "problem.invalid"},
		{"what is not there", b.admin, onboarding.Selection{Decision: onboarding.Approve, IDs: []string{"nothing"}}, problem.NotFound, "problem.not_found"},
		{"one that waits for a place", b.admin, approve(a, waiting), problem.Conflict, "problem.applications_moved"},
	}
	for _, c := range cases {
		t.Log(c.name)
		_, err := b.OpenBatch(t.Context(), c.by, c.sel)
		wantProblem(t, err, c.code, c.key)
		_, err = b.DecideBatch(t.Context(), c.by, c.sel)
		wantProblem(t, err, c.code, c.key)
	}
	_, err := b.DecideBatch(t.Context(), b.reviewer, approve(a))
	wantProblem(t, err, problem.Forbidden, "problem.role_missing")
	if n := value[int](t, b, `SELECT count(*) FROM batches`); n != 0 {
		t.Errorf("%d batches stand", n)
	}
	if n := value[int](t, b, `SELECT count(*) FROM applications WHERE batch_id IS NOT NULL`); n != 0 {
		t.Errorf("%d applications are held", n)
	}
	batch := must[onboarding.Batch](t)(b.OpenBatch(t.Context(), b.reviewer, approve(a)))
	_, err = b.Decide(t.Context(), batch.ID, b.reviewer)
	wantProblem(t, err, problem.Forbidden, "problem.role_missing")
	_, err = b.Decide(t.Context(), 999, b.admin)
	wantProblem(t, err, problem.NotFound, "problem.not_found")
	_, err = b.Undo(t.Context(), batch.ID, b.admin)
	wantProblem(t, err, problem.Conflict, "problem.batch_moved")
	_, err = b.Undo(t.Context(), batch.ID, b.reviewer)
	wantProblem(t, err, problem.Forbidden, "problem.role_missing")
	must[onboarding.Batch](t)(b.Decide(t.Context(), batch.ID, b.admin))
	_, err = b.Decide(t.Context(), batch.ID, b.admin)
	wantProblem(t, err, problem.Conflict, "problem.batch_moved")
	wantProblem(t, b.Discard(t.Context(), batch.ID, b.admin), problem.Conflict, "problem.batch_moved")
}

func TestWhatIsInABatchIsInNoOther(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	one, two := b.confirmed(t, 1), b.confirmed(t, 2)
	must[onboarding.Batch](t)(b.OpenBatch(t.Context(), b.reviewer, approve(one)))
	_, err := b.DecideBatch(t.Context(), b.admin, reject(one, two))
	p := problemOf(t, err, problem.Conflict, "problem.applications_moved")
	if p.Args["names"] != "Les Amis 1" || p.Args["count"] != 1 {
		t.Errorf("told %v", p.Args)
	}
	if n := value[int](t, b, `SELECT count(*) FROM applications WHERE batch_id IS NOT NULL`); n != 1 {
		t.Errorf("%d applications are held, want the reviewer's", n)
	}
}

func TestDecideReportsWhatMovedAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	stays, leaves := b.confirmed(t, 1), b.confirmed(t, 2)
	batch := must[onboarding.Batch](t)(b.OpenBatch(t.Context(), b.reviewer, approve(stays, leaves)))
	if err := b.Withdraw(t.Context(), leaves.PublicID, b.lead(t, leaves)); err != nil {
		t.Fatal(err)
	}
	_, err := b.Decide(t.Context(), batch.ID, b.admin)
	p := problemOf(t, err, problem.Conflict, "problem.applications_moved")
	if p.Args["names"] != "Les Amis 2" || p.Args["count"] != 1 {
		t.Errorf("told %v", p.Args)
	}
	got := must2(t)(b.Batch(t.Context(), batch.ID, b.admin))
	if got.State != onboarding.BatchOpen || got.Size != 1 {
		t.Errorf("the batch is %+v", got)
	}
	must[onboarding.Batch](t)(b.Decide(t.Context(), batch.ID, b.admin))
	b.release(t)
	b.wantState(t, stays, onboarding.Approved)
	b.wantState(t, leaves, onboarding.Withdrawn)
}

func TestUndoAndDiscard(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	a := b.confirmed(t, 1)
	batch := must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, approve(a)))
	batch = must[onboarding.Batch](t)(b.Undo(t.Context(), batch.ID, b.admin))
	if batch.State != onboarding.BatchOpen || batch.Size != 1 || !batch.ReleaseAt.IsZero() || batch.DecidedBy != "" {
		t.Errorf("undone: %+v", batch)
	}
	if st := must[onboarding.Status](t)(b.Status(t.Context(), a.PublicID)); st.BeingDecided {
		t.Error("still being decided")
	}
	if err := b.Discard(t.Context(), batch.ID, b.reviewer); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, b.Discard(t.Context(), batch.ID, b.reviewer), problem.NotFound, "problem.not_found")
	must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, reject(a)))
	if got := b.actions(t, "batch", batch.ID); got != "batch.opened, batch.decided, batch.undone, batch.discarded" {
		t.Errorf("the trail is %q", got)
	}
	if bs := must[[]onboarding.Batch](t)(b.Batches(t.Context(), b.reviewer)); len(bs) != 1 || bs[0].Decision != onboarding.Reject {
		t.Errorf("batches: %+v", bs)
	}
}

func TestUndoIsRefusedOnceItsTimeHasCome(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	a := b.confirmed(t, 1)
	batch := must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, approve(a)))
	b.exec(t, `UPDATE batches SET release_at = now() - interval '1 second'`)
	_, err := b.Undo(t.Context(), batch.ID, b.admin)
	wantProblem(t, err, problem.Conflict, "problem.batch_moved")
	b.release(t)
	_, err = b.Undo(t.Context(), batch.ID, b.admin)
	wantProblem(t, err, problem.Conflict, "problem.batch_moved")
	b.wantState(t, a, onboarding.Approved)
}

func TestTwoAdminsDecideOverlappingSelections(t *testing.T) {
	t.Parallel()
	b := setup(t, 1000)
	var as []onboarding.Application
	for i := range 60 {
		as = append(as, b.confirmed(t, i))
	}
	const rivals = 6
	errs := make([]error, rivals)
	var wg sync.WaitGroup
	for i := range rivals { // each overlaps with the next, and the last with the first
		sel := approve(append(append([]onboarding.Application{}, as[i*10:]...), as[:i*10]...)[:20]...)
		wg.Go(func() { _, errs[i] = b.DecideBatch(context.Background(), b.admin, sel) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		wantProblem(t, err, problem.Conflict, "problem.applications_moved")
	}
	held := value[int](t, b, `SELECT count(*) FROM applications WHERE batch_id IS NOT NULL`)
	if won == 0 || held != 20*won || value[int](t, b, `SELECT coalesce(sum(size), 0) FROM batches`) != held {
		t.Errorf("%d decided, %d applications are held", won, held)
	}
}

func TestReleaseAgainstUndo(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	a := b.confirmed(t, 1)
	batch := must[onboarding.Batch](t)(b.OpenBatch(t.Context(), b.reviewer, approve(a)))
	released, undone := 0, 0
	const rounds = 80
	for round := range rounds { // the window ends a little before or a little after the undo
		must[onboarding.Batch](t)(b.Decide(t.Context(), batch.ID, b.admin))
		b.exec(t, `UPDATE batches SET release_at = clock_timestamp() + $1::int * interval '100 microseconds'`, round%10)
		var wg sync.WaitGroup
		var undo, release error
		var n int
		wg.Go(func() { _, undo = b.Undo(context.Background(), batch.ID, b.admin) })
		wg.Go(func() {
			for n == 0 && release == nil {
				n, release = b.ReleaseDue(context.Background())
				if value[string](t, b, `SELECT state FROM batches`) == "open" {
					return
				}
			}
		})
		wg.Wait()
		if release != nil {
			t.Fatal(release)
		}
		state := onboarding.BatchState(value[string](t, b, `SELECT state FROM batches`))
		switch {
		case undo == nil && n == 0 && state == onboarding.BatchOpen:
			undone++
		case problem.Is(undo, problem.Conflict) && n == 1 && state == onboarding.BatchReleased:
			released++
			b.exec(t, `UPDATE batches SET state = 'open', release_at = NULL`)
		default:
			t.Fatalf("undo got %v, %d were released, and the batch is %s", undo, n, state)
		}
	}
	t.Logf("%d undone, %d released", undone, released)
	if undone+released != rounds {
		t.Errorf("%d undone and %d released", undone, released)
	}
}
