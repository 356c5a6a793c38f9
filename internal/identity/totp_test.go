package identity_test

import (
	"bytes"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
)

// enrolled returns a member of staff's session and secret, after the enrolment.
func (b *bundle) enrolled(t *testing.T) (person identity.Person, session, secret string) {
	t.Helper()
	person = b.staff(t, "camille@example.org", identity.Admin)
	session = b.signIn(t, person)
	e, err := b.Enrol(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.ConfirmEnrolment(t.Context(), session, b.codeAt(t, e.Secret, 0)); err != nil {
		t.Fatal(err)
	}
	return person, session, e.Secret
}

func (b *bundle) codeAt(t *testing.T, secret string, shift time.Duration) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, b.clock.Now().Add(shift))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestEnrolment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.staff(t, "camille@example.org", identity.Reviewer)
	session := b.signIn(t, p)
	e, err := b.Enrol(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(e.URL)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Query().Get("secret") != e.Secret || u.Query().Get("issuer") != "Nichoir" {
		t.Errorf("the address for the app is %q (%v)", e.URL, err)
	}
	kept := value[[]byte](t, b, `SELECT totp_secret FROM people WHERE id = $1`, p.ID)
	if len(kept) == 0 || bytes.Contains(kept, []byte(e.Secret)) {
		t.Error("the secret is not sealed")
	}
	wantProblem(t, b.CheckCode(t.Context(), session, b.codeAt(t, e.Secret, 0)), problem.Conflict, "problem.second_factor_state")
	if err := b.ConfirmEnrolment(t.Context(), session, "000000"); !problem.Is(err, problem.Invalid) {
		t.Fatalf("a wrong code got %v", err)
	}
	code := b.codeAt(t, e.Secret, 0)
	if err := b.ConfirmEnrolment(t.Context(), session, " "+code[:3]+" "+code[3:]); err != nil {
		t.Fatalf("a code typed in two groups got %v", err)
	}
	s, err := b.Session(t.Context(), session)
	if err != nil || s.Must(identity.Reviewer) != nil || !s.Person.Enrolled {
		t.Errorf("after the enrolment: %+v (%v)", s, err)
	}
	_, err = b.Enrol(t.Context(), session)
	wantProblem(t, err, problem.Conflict, "problem.second_factor_exists")
}

func TestAnEnrolmentIsShownAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	session := b.signIn(t, b.staff(t, "camille@example.org", identity.Reviewer))
	first, err := b.Enrolment(t.Context(), session) // begins one
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		again, err := b.Enrolment(t.Context(), session)
		if err != nil || again.Secret != first.Secret {
			t.Fatalf("shown again, the secret is another (%v)", err)
		}
		was, errWas := url.Parse(first.URL)
		is, errIs := url.Parse(again.URL)
		if errWas != nil || errIs != nil || was.Path != is.Path || was.Query().Encode() != is.Query().Encode() {
			t.Errorf("the app is told %q, and then %q", first.URL, again.URL)
		}
	}
	if err := b.ConfirmEnrolment(t.Context(), session, b.codeAt(t, first.Secret, 0)); err != nil {
		t.Fatal(err)
	}
	_, err = b.Enrolment(t.Context(), session)
	wantProblem(t, err, problem.Conflict, "problem.second_factor_exists")
	_, err = b.Enrolment(t.Context(), "nothing")
	wantProblem(t, err, problem.Unauthenticated, "problem.sign_in_first")
}

func TestEnrolIsForStaff(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := value[int64](t, b, `INSERT INTO people (email) VALUES ('lea@example.org') RETURNING id`)
	_, err := b.Enrol(t.Context(), b.signIn(t, identity.Person{ID: id, Email: "lea@example.org"}))
	wantProblem(t, err, problem.Forbidden, "problem.role_missing")
	_, err = b.Enrol(t.Context(), "nothing")
	wantProblem(t, err, problem.Unauthenticated, "problem.sign_in_first")
}

func TestACodeIsGoodOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, _, secret := b.enrolled(t)
	const period = 30 * time.Second
	steps := []struct {
		name  string
		turn  time.Duration
		shift time.Duration // of the code
		good  bool
	}{
		{"the one of the enrolment", 0, 0, false},
		{"of the next period, early", 0, period, true},
		{"the same once more", 0, period, false},
		{"the same in its own period", period, 0, false},
		{"one of before the last good one", 0, -period, false},
		{"after a pause", 10 * period, 0, true},
		{"one period late", 2 * period, -period, true},
		{"two periods late", 5 * period, -2 * period, false},
		{"two periods early", 0, 2 * period, false},
	}
	for _, s := range steps { // in order: each depends on the last good one
		b.clock.Turn(s.turn)
		session := b.signIn(t, p)
		err := b.CheckCode(t.Context(), session, b.codeAt(t, secret, s.shift))
		if s.good != (err == nil) || (err != nil && !problem.Is(err, problem.Invalid)) {
			t.Errorf("%s: got %v", s.name, err)
		}
		got, err := b.Session(t.Context(), session)
		if err != nil || got.SecondFactor != s.good {
			t.Errorf("%s: the session says %v (%v)", s.name, got.SecondFactor, err)
		}
	}
}

func TestACodeIsGoodOnceForAllWhoHaveIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, _, secret := b.enrolled(t)
	b.clock.Turn(time.Minute)
	code := b.codeAt(t, secret, 0)
	const tries = 6
	sessions := make([]string, tries)
	for i := range sessions {
		sessions[i] = b.signIn(t, p)
	}
	errs := make([]error, tries)
	var wg sync.WaitGroup
	for i, session := range sessions {
		wg.Go(func() { errs[i] = b.CheckCode(t.Context(), session, code) })
	}
	wg.Wait()
	good := 0
	for _, err := range errs {
		if err == nil {
			good++
		} else if !problem.Is(err, problem.Invalid) {
			t.Errorf("got %v", err)
		}
	}
	if good != 1 {
		t.Errorf("%d of %d got in with one code", good, tries)
	}
}

func TestCodesAreLimited(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, session, secret := b.enrolled(t) // one attempt
	for range 9 {
		if err := b.CheckCode(t.Context(), session, "12345"); !problem.Is(err, problem.Invalid) {
			t.Fatalf("got %v", err)
		}
	}
	b.clock.Turn(time.Minute)
	wantProblem(t, b.CheckCode(t.Context(), session, b.codeAt(t, secret, 0)), problem.TooMany, "problem.too_many")
	b.clock.Turn(15 * time.Minute)
	if err := b.CheckCode(t.Context(), session, b.codeAt(t, secret, 0)); err != nil {
		t.Errorf("in the next window: %v", err)
	}
}

func TestResetSecondFactor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, session, _ := b.enrolled(t)
	if _, err := b.ResetSecondFactor(t.Context(), "CAMILLE@example.org"); err != nil {
		t.Fatal(err)
	}
	_, err := b.Session(t.Context(), session)
	wantProblem(t, err, problem.Unauthenticated, "problem.sign_in_first")
	if got, err := b.Person(t.Context(), p.ID); err != nil || got.Enrolled {
		t.Errorf("still enrolled: %+v (%v)", got, err)
	}
	_, err = b.ResetSecondFactor(t.Context(), "nobody@example.org")
	wantProblem(t, err, problem.NotFound, "problem.staff_unknown")
}

func TestAChangedKeyTakesOverWithTheNextCode(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, _, secret := b.enrolled(t)
	before, after := make([]byte, identity.KeySize), bytes.Repeat([]byte{1}, identity.KeySize)
	for _, keys := range [][][]byte{{after, before}, {after}} {
		b.reopen(t, keys[0], keys[1:]...)
		b.clock.Turn(time.Minute)
		if err := b.CheckCode(t.Context(), b.signIn(t, p), b.codeAt(t, secret, 0)); err != nil {
			t.Errorf("with %d keys: %v", len(keys), err)
		}
	}
}
