package identity

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/pquerna/otp/totp"

	"nichoir/internal/problem"
)

// errSecret says that a sealed secret is none: the database was written by something else.
var errSecret = errors.New("the sealed secret is not base32")

// Enrolment returns the enrolment that is under way, so that a page can be shown twice, and begins one where there is none.
// Errors are those of Enrol.
func (s *Service) Enrolment(ctx context.Context, session string) (Enrolment, error) {
	row, err := s.staffSession(ctx, session)
	if err != nil {
		return Enrolment{}, err
	}
	var kept Secret
	err = s.store.InTx(ctx, func(tx Tx) error {
		_, kept, err = tx.LockPerson(ctx, row.Person.ID)
		return err
	})
	switch {
	case err != nil:
		return Enrolment{}, fmt.Errorf("read the second factor: %w", err)
	case !kept.ConfirmedAt.IsZero():
		return Enrolment{}, problem.New(problem.Conflict, "problem.second_factor_exists")
	case kept.Sealed == nil:
		return s.Enrol(ctx, session)
	}
	plain, err := s.opts.Seal.Open(kept.Sealed, sealContext(row.Person.ID))
	if err != nil {
		return Enrolment{}, fmt.Errorf("open the second factor: %w", err)
	}
	return s.enrolment(row.Person.Email, string(plain))
}

// enrolment tells an authenticator app of a secret that was made before.
func (s *Service) enrolment(account, secret string) (Enrolment, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: s.opts.Issuer, AccountName: account, Secret: []byte("unused")})
	if err != nil {
		return Enrolment{}, fmt.Errorf("describe the second factor: %w", err)
	}
	u, err := url.Parse(key.URL())
	if err != nil || secret == "" {
		return Enrolment{}, fmt.Errorf("describe the second factor: %w", errors.Join(err, errSecret))
	}
	q := u.Query()
	q.Set("secret", secret)
	u.RawQuery = q.Encode()
	return Enrolment{URL: u.String(), Secret: secret}, nil
}
