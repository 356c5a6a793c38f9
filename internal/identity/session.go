package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"nichoir/internal/problem"
)

// LetterSignIn is the template of the mail that carries a sign-in link; it refers to the person.
const LetterSignIn = "sign-in"

// Sessions slide: each use moves their end. Staff's are short, and end after a working day whatever is done with them.
const (
	defaultSession      = 30 * 24 * time.Hour
	defaultStaffSession = 12 * time.Hour
	staffSessionIdle    = 2 * time.Hour
	touchEvery          = time.Minute // a session's row is not written more often
)

// RequestSignIn mails a sign-in link to the address if it is known; what the caller sees is the same if it is not. remote
// names the asking machine, for counting alone; a lang other than "fr" and "en" is the person's own. Returns problem.Invalid for what is no address and problem.TooMany after
// five for an address or thirty from a machine within an hour.
func (s *Service) RequestSignIn(ctx context.Context, email, lang, remote string) error {
	address, err := s.opts.ParseAddress(email)
	if err != nil {
		return problem.InvalidField("email", "problem.email_invalid")
	}
	if err := s.Allow(ctx, "sign-in-remote", remote, 30, time.Hour); err != nil {
		return err
	}
	if err := s.Allow(ctx, "sign-in-address", strings.ToLower(address), 5, time.Hour); err != nil {
		return err
	}
	p, err := s.store.PersonByEmail(ctx, address)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the person: %w", err)
	}
	if lang != "fr" && lang != "en" {
		lang = p.Lang
	}
	return s.store.InTx(ctx, func(tx Tx) error {
		return tx.Enqueue(ctx, Letter{
			Event: s.occasion("sign-in", p.ID), Template: LetterSignIn, Recipient: p.Email, Lang: lang, Ref: p.ID,
		})
	})
}

// SignIn spends a sign-in link and returns the token of a new session. A second press within ten seconds gets a session as
// well, since the browser may have thrown away the first answer. Errors are those of Open.
func (s *Service) SignIn(ctx context.Context, token string) (session string, p Person, err error) {
	session, err = NewToken(s.opts.Rand)
	if err != nil {
		return "", Person{}, fmt.Errorf("mint a session: %w", err)
	}
	err = s.store.InTx(ctx, func(tx Tx) error {
		l, err := s.Spend(ctx, tx, token, PurposeSignIn)
		again := problem.Is(err, problem.Gone) && !l.SpentAt.IsZero() && s.now().Sub(l.SpentAt) < doubleClick
		if err != nil && !again {
			return err
		}
		if p, _, err = tx.LockPerson(ctx, l.Ref); err != nil {
			return fmt.Errorf("read the person: %w", err)
		}
		now := s.now()
		if err := tx.InsertSession(ctx, HashToken(session), p.ID, now, now.Add(s.idle(p))); err != nil {
			return fmt.Errorf("keep the session: %w", err)
		}
		return tx.Audit(ctx, Entry{
			ActorID: p.ID, Actor: ActorPerson, Action: "person.signed_in", Subject: "person", SubjectID: p.ID,
		})
	})
	if err != nil {
		return "", Person{}, err
	}
	return session, p, nil
}

// idle is how long a session lives without being used.
func (s *Service) idle(p Person) time.Duration {
	if p.Role != NoRole {
		return min(staffSessionIdle, s.opts.StaffSession)
	}
	return s.opts.Session
}

// Session returns the session of the token and moves its end, or problem.Unauthenticated.
func (s *Service) Session(ctx context.Context, token string) (Session, error) {
	row, err := s.session(ctx, token)
	if err != nil {
		return Session{}, err
	}
	now := s.now()
	out := Session{Person: row.Person, SecondFactor: !row.SecondFactorAt.IsZero(), ExpiresAt: row.ExpiresAt}
	if now.Sub(row.SeenAt) < touchEvery {
		return out, nil
	}
	out.ExpiresAt = now.Add(s.idle(row.Person))
	if end := row.CreatedAt.Add(s.opts.StaffSession); row.Person.Role != NoRole && out.ExpiresAt.After(end) {
		out.ExpiresAt = end
	}
	if err := s.store.TouchSession(ctx, HashToken(token), now, out.ExpiresAt); err != nil {
		return Session{}, fmt.Errorf("renew the session: %w", err)
	}
	return out, nil
}

func (s *Service) session(ctx context.Context, token string) (SessionRow, error) {
	none := problem.New(problem.Unauthenticated, "problem.sign_in_first")
	if token == "" {
		return SessionRow{}, none
	}
	row, err := s.store.SessionByHash(ctx, HashToken(token))
	if errors.Is(err, ErrNotFound) {
		return SessionRow{}, none
	}
	if err != nil {
		return SessionRow{}, fmt.Errorf("read the session: %w", err)
	}
	if !s.now().Before(row.ExpiresAt) {
		return SessionRow{}, none
	}
	return row, nil
}

// Keeps tells how long a session lives unused, but for staff.
func (s *Service) Keeps() time.Duration { return s.opts.Session }

// SignOut ends the session. It is no error if there is none.
func (s *Service) SignOut(ctx context.Context, token string) error {
	if err := s.store.DeleteSession(ctx, HashToken(token)); err != nil {
		return fmt.Errorf("end the session: %w", err)
	}
	return nil
}
