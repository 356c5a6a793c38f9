package identity

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"nichoir/internal/problem"
)

// period is how long a code is shown, the default of RFC 6238 (4.1) and of every authenticator.
const period = 30 * time.Second

// Enrolment is what an authenticator app needs. It is shown once and kept sealed.
type Enrolment struct {
	URL    string // otpauth://, for a QR code
	Secret string // base32, to be typed
}

// Enrol begins, or begins anew, the enrolment of the session's person: a new secret that ConfirmEnrolment must confirm.
// Returns problem.Unauthenticated without a session, problem.Forbidden for people without a role and problem.Conflict when
// a second factor is confirmed already.
func (s *Service) Enrol(ctx context.Context, session string) (Enrolment, error) {
	row, err := s.staffSession(ctx, session)
	if err != nil {
		return Enrolment{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: s.opts.Issuer, AccountName: row.Person.Email, Rand: s.opts.Rand, SecretSize: 20,
	})
	if err != nil {
		return Enrolment{}, fmt.Errorf("make a second factor: %w", err)
	}
	sealed, err := s.opts.Seal.Seal([]byte(key.Secret()), sealContext(row.Person.ID))
	if err != nil {
		return Enrolment{}, fmt.Errorf("seal the second factor: %w", err)
	}
	err = s.store.InTx(ctx, func(tx Tx) error {
		_, old, err := tx.LockPerson(ctx, row.Person.ID)
		if err != nil {
			return fmt.Errorf("lock the person: %w", err)
		}
		if !old.ConfirmedAt.IsZero() {
			return problem.New(problem.Conflict, "problem.second_factor_exists")
		}
		return tx.SetSecret(ctx, row.Person.ID, Secret{Sealed: sealed})
	})
	if err != nil {
		return Enrolment{}, err
	}
	return Enrolment{URL: key.URL(), Secret: key.Secret()}, nil
}

// ConfirmEnrolment ends the enrolment with a first code, and marks the session as having given one. Errors are those of
// CheckCode; problem.Conflict when a second factor was confirmed already.
func (s *Service) ConfirmEnrolment(ctx context.Context, session, code string) error {
	return s.code(ctx, session, code, true)
}

// CheckCode marks the session as having given a code of the second factor. A code is good once (RFC 6238, 5.2), for its
// own period and the ones beside it. Returns problem.Invalid for a wrong or used code, problem.TooMany after ten attempts
// within a quarter of an hour, problem.Conflict when no second factor is confirmed, and the errors of Session.
func (s *Service) CheckCode(ctx context.Context, session, code string) error {
	return s.code(ctx, session, code, false)
}

func (s *Service) code(ctx context.Context, session, code string, enrolling bool) error {
	row, err := s.staffSession(ctx, session)
	if err != nil {
		return err
	}
	if err := s.Allow(ctx, "second-factor", fmt.Sprint(row.Person.ID), 10, 15*time.Minute); err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx Tx) error {
		_, secret, err := tx.LockPerson(ctx, row.Person.ID)
		if err != nil {
			return fmt.Errorf("lock the person: %w", err)
		}
		if secret.Sealed == nil || secret.ConfirmedAt.IsZero() != enrolling {
			return problem.New(problem.Conflict, "problem.second_factor_state")
		}
		now := s.now()
		plain, err := s.opts.Seal.Open(secret.Sealed, sealContext(row.Person.ID))
		if err != nil {
			return fmt.Errorf("open the second factor: %w", err)
		}
		if secret.LastStep, err = match(plain, secret.LastStep, code, now); err != nil {
			return err
		}
		// Sealed anew each time, so that after a change of the operator's key the new one takes over.
		if secret.Sealed, err = s.opts.Seal.Seal(plain, sealContext(row.Person.ID)); err != nil {
			return fmt.Errorf("seal the second factor: %w", err)
		}
		action := "person.second_factor"
		if enrolling {
			secret.ConfirmedAt, action = now, "person.enrolled"
		}
		if err := tx.SetSecret(ctx, row.Person.ID, secret); err != nil {
			return fmt.Errorf("write the second factor: %w", err)
		}
		if err := tx.MarkSecondFactor(ctx, HashToken(session), now); err != nil {
			return fmt.Errorf("mark the session: %w", err)
		}
		return tx.Audit(ctx, Entry{
			ActorID: row.Person.ID, Actor: ActorPerson, Action: action, Subject: "person", SubjectID: row.Person.ID,
		})
	})
}

// match returns the number of the period whose code was given, or problem.Invalid. Only periods after the last good one
// count.
func match(plain []byte, last int64, code string, now time.Time) (int64, error) {
	wrong := problem.InvalidField("code", "problem.code_wrong")
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	current := now.Unix() / int64(period/time.Second)
	for _, step := range []int64{current, current - 1, current + 1} {
		if step <= last {
			continue
		}
		want, err := hotp.GenerateCodeCustom(string(plain), uint64(step), hotp.ValidateOpts{ //nolint:gosec // a time after 1970
			Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
		})
		if err != nil {
			return 0, fmt.Errorf("compute the code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return step, nil
		}
	}
	return 0, wrong
}

// sealContext binds a sealed secret to its person: copied to another's row it opens nothing.
func sealContext(personID int64) string { return fmt.Sprintf("second-factor/%d", personID) }

func (s *Service) staffSession(ctx context.Context, token string) (SessionRow, error) {
	row, err := s.session(ctx, token)
	if err != nil {
		return SessionRow{}, err
	}
	if err := row.Person.Must(Reviewer); err != nil {
		return SessionRow{}, err
	}
	return row, nil
}
