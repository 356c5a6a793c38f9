package identity_test

import (
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
)

func TestRequestSignInLooksTheSameForAll(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.staff(t, "Camille@example.org", identity.Admin)
	for _, address := range []string{"camille@example.org", "nobody@example.org"} {
		for range 5 {
			if err := b.RequestSignIn(t.Context(), address, "en", "192.0.2.1"); err != nil {
				t.Fatalf("%s: %v", address, err)
			}
		}
		wantProblem(t, b.RequestSignIn(t.Context(), address, "en", "192.0.2.1"), problem.TooMany, "problem.too_many")
	}
	got := value[string](t, b, `SELECT string_agg(template || ' ' || recipient || ' ' || lang, ';') FROM mails`)
	if want := "sign-in Camille@example.org en"; got != want { // once: all within one minute
		t.Errorf("mailed %q, want %q", got, want)
	}
}

func TestRequestSignInIsLimitedByMachine(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 30 {
		address := string(rune('a'+i%26)) + "x@example.org"
		if err := b.RequestSignIn(t.Context(), address, "fr", "192.0.2.9"); err != nil {
			t.Fatal(err)
		}
	}
	wantProblem(t, b.RequestSignIn(t.Context(), "new@example.org", "fr", "192.0.2.9"), problem.TooMany, "problem.too_many")
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.staff(t, "camille@example.org", identity.Reviewer)
	token := b.mint(t, identity.PurposeSignIn, p.ID, p.Email)
	first, who, err := b.SignIn(t.Context(), token)
	if err != nil || who.ID != p.ID {
		t.Fatalf("signed in as %+v (%v)", who, err)
	}
	second, _, err := b.SignIn(t.Context(), token)
	if err != nil || second == first {
		t.Fatalf("a double click got %v", err)
	}
	for _, session := range []string{first, second} {
		s, err := b.Session(t.Context(), session)
		if err != nil || s.Person.ID != p.ID || !s.NeedsSecondFactor() {
			t.Errorf("session %+v (%v)", s, err)
		}
	}
	b.clock.Turn(11 * time.Second)
	_, _, err = b.SignIn(t.Context(), token)
	wantProblem(t, err, problem.Gone, "problem.link_used")
}

func TestSessionsSlide(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		role identity.Role
		uses []time.Duration // pauses before each use
		good bool            // at the last one
	}{
		{"a lead who comes back each fortnight", identity.NoRole, days(14, 14, 14, 14), true},
		{"a lead who stays away", identity.NoRole, days(14, 30), false},
		{"staff at work", identity.Reviewer, hours(1, 1, 1, 1), true},
		{"staff at lunch for long", identity.Reviewer, hours(1, 2), false},
		{"staff after a working day", identity.Reviewer, hours(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			id := value[int64](t, b, `INSERT INTO people (email, staff_role) VALUES ('x@example.org', nullif($1, '')) RETURNING id`, string(c.role))
			session := b.signIn(t, identity.Person{ID: id, Email: "x@example.org"})
			for i, pause := range c.uses {
				b.clock.Turn(pause)
				_, err := b.Session(t.Context(), session)
				if last := i == len(c.uses)-1; last && !c.good {
					wantProblem(t, err, problem.Unauthenticated, "problem.sign_in_first")
				} else if err != nil {
					t.Fatalf("use %d: %v", i, err)
				}
			}
		})
	}
}

func days(n ...int) []time.Duration {
	out := make([]time.Duration, 0, len(n))
	for _, d := range n {
		out = append(out, time.Duration(d)*24*time.Hour)
	}
	return out
}

func hours(n ...int) []time.Duration {
	out := make([]time.Duration, 0, len(n))
	for _, h := range n {
		out = append(out, time.Duration(h)*time.Hour)
	}
	return out
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	session := b.signIn(t, b.staff(t, "camille@example.org", identity.Admin))
	for range 2 {
		if err := b.SignOut(t.Context(), session); err != nil {
			t.Fatal(err)
		}
	}
	for _, token := range []string{session, "", "nothing"} {
		_, err := b.Session(t.Context(), token)
		wantProblem(t, err, problem.Unauthenticated, "problem.sign_in_first")
	}
}

func TestMust(t *testing.T) {
	t.Parallel()
	person := func(r identity.Role) identity.Person { return identity.Person{ID: 1, Role: r} }
	cases := []struct {
		name    string
		session identity.Session
		needed  identity.Role
		code    problem.Code // "" when it may
	}{
		{"nobody", identity.Session{}, identity.NoRole, problem.Unauthenticated},
		{"nobody as staff", identity.Session{SecondFactor: true}, identity.Admin, problem.Unauthenticated},
		{"a lead", identity.Session{Person: person(identity.NoRole)}, identity.NoRole, ""},
		{"a lead as reviewer", identity.Session{Person: person(identity.NoRole), SecondFactor: true}, identity.Reviewer, problem.Forbidden},
		{"a reviewer", identity.Session{Person: person(identity.Reviewer), SecondFactor: true}, identity.Reviewer, ""},
		{"a reviewer without a code", identity.Session{Person: person(identity.Reviewer)}, identity.Reviewer, problem.Forbidden},
		{"a reviewer as admin", identity.Session{Person: person(identity.Reviewer), SecondFactor: true}, identity.Admin, problem.Forbidden},
		{"an admin as reviewer", identity.Session{Person: person(identity.Admin), SecondFactor: true}, identity.Reviewer, ""},
		{"an unknown role is needed", identity.Session{Person: person(identity.Admin), SecondFactor: true}, "owner", problem.Forbidden},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := problem.CodeOf(c.session.Must(c.needed)); got != c.code {
				t.Errorf("got %q, want %q", got, c.code)
			}
		})
	}
}

func TestAddStaff(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.staff(t, "Camille@example.org", identity.Reviewer)
	session := b.signIn(t, p)
	again, err := b.AddStaff(t.Context(), "camille@EXAMPLE.org", "", identity.Admin)
	if err != nil {
		t.Fatal(err)
	}
	if again.ID != p.ID || again.Role != identity.Admin || again.Name != "Camille" {
		t.Errorf("got %+v, want the same person as an admin", again)
	}
	_, err = b.Session(t.Context(), session)
	wantProblem(t, err, problem.Unauthenticated, "problem.sign_in_first")
	if _, err := b.AddStaff(t.Context(), "no address", "X", identity.Admin); !problem.Is(err, problem.Invalid) {
		t.Errorf("an address that is none got %v", err)
	}
	if _, err := b.AddStaff(t.Context(), "x@example.org", "X", "owner"); !problem.Is(err, problem.Invalid) {
		t.Errorf("a role that is none got %v", err)
	}
	trail, err := b.Trail(t.Context(), "person", p.ID)
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, r := range trail {
		actions = append(actions, r.Action)
	}
	if len(actions) != 3 || actions[0] != "person.staff" || actions[1] != "person.signed_in" || trail[2].Data["role"] != "admin" {
		t.Errorf("the trail is %v", actions)
	}
}
