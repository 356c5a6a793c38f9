package identity_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
)

func TestStaffAreListedAndLeave(t *testing.T) {
	t.Parallel()
	b := setup(t)
	lead := value[int64](t, b, `INSERT INTO people (email, name) VALUES ('lea@example.org', 'Léa') RETURNING id`)
	b.staff(t, "zoe@example.org", identity.Reviewer)
	p, session, _ := b.enrolled(t)

	staff, err := b.Staff(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range staff {
		got = append(got, string(p.Role)+" "+p.Email)
	}
	if diff := cmp.Diff([]string{"admin camille@example.org", "reviewer zoe@example.org"}, got); diff != "" {
		t.Errorf("the staff (-want +got):\n%s", diff)
	}

	if _, err := b.RemoveStaff(t.Context(), "Camille@Example.org"); err != nil {
		t.Fatal(err)
	}
	_, err = b.Session(t.Context(), session)
	wantProblem(t, err, problem.Unauthenticated, "problem.sign_in_first")
	left, err := b.Person(t.Context(), p.ID)
	if err != nil || left.Role != identity.NoRole || left.Enrolled || left.Name != p.Name {
		t.Errorf("who left is %+v (%v)", left, err)
	}
	trail, err := b.Trail(t.Context(), "person", p.ID)
	if err != nil || trail[len(trail)-1].Action != "person.staff_left" || trail[len(trail)-1].Actor != identity.ActorOperator {
		t.Errorf("the trail ends with %+v (%v)", trail, err)
	}
	for _, email := range []string{"camille@example.org", "lea@example.org", "nobody@example.org"} {
		_, err := b.RemoveStaff(t.Context(), email)
		wantProblem(t, err, problem.NotFound, "problem.staff_unknown")
		_, err = b.ResetSecondFactor(t.Context(), email)
		wantProblem(t, err, problem.NotFound, "problem.staff_unknown")
	}
	if _, err := b.Person(t.Context(), lead); err != nil {
		t.Error(err)
	}
}
