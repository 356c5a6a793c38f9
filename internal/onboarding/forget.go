package onboarding

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
)

const (
	forgetPage = 500 // applications forgotten in one transaction
	earlierMax = 10  // earlier requests that a dossier tells of
)

// Forgettable is what must be known of an application to forget it.
type Forgettable struct {
	ID        int64
	LeadEmail string
	PersonID  int64 // 0: none
}

// Earlier is a request that came from the same address before.
type Earlier struct {
	PublicID  string
	State     State
	At        time.Time // of the decision, or of the confirmation when there is none
	Forgotten bool      // nothing more is known of it
}

// ForgetTx is what a transaction can forget.
type ForgetTx interface {
	// LockForgettable locks up to limit applications that are of no use any more, and returns them in the order of their ids:
	// those that were refused or withdrawn longer ago than keep, on the database's clock, and those whose space is forgotten.
	LockForgettable(ctx context.Context, keep time.Duration, limit int) ([]Forgettable, error)
	// Forget empties the applications, their mails, their links and what their batches were told, and keeps a hash of each.
	Forget(ctx context.Context, applications []int64, hashes [][]byte) error
	// ForgetLetters deletes the mails about applications whose row is emptied already, and the recipients of their links.
	ForgetLetters(ctx context.Context, applications []int64) error
	// ForgetPeople deletes those to whom nothing refers any more and who are no staff, with sessions, links and mails.
	ForgetPeople(ctx context.Context, people []int64) error
}

// Keeps tells how long an application is kept that nobody confirmed, and one that was refused or withdrawn.
func (s *Service) Keeps() (unconfirmed, refused time.Duration) {
	return s.opts.KeepUnconfirmed, s.opts.KeepRefused
}

// Forget makes the applications anonymous that ended without a space longer ago than KeepRefused, and those whose space is
// forgotten: what remains tells how many asked, when, and what was decided. A keyed hash of the address stays, so that a
// return is recognised. It returns how many it forgot; what a crash leaves is forgotten the next time.
func (s *Service) Forget(ctx context.Context) (int, error) {
	for total := 0; ; {
		n := 0
		err := s.store.InTx(ctx, func(tx Tx) error {
			var err error
			n, err = s.forgetPage(ctx, tx)
			return err
		})
		if err != nil {
			return total, err
		}
		if total += n; n < forgetPage {
			return total, nil
		}
	}
}

func (s *Service) forgetPage(ctx context.Context, tx Tx) (int, error) {
	page, err := tx.LockForgettable(ctx, s.opts.KeepRefused, forgetPage)
	if err != nil {
		return 0, fmt.Errorf("lock what is to be forgotten: %w", err)
	}
	if len(page) == 0 {
		return 0, nil
	}
	ids, hashes := make([]int64, 0, len(page)), make([][]byte, 0, len(page))
	var people []int64
	for _, a := range page {
		ids, hashes = append(ids, a.ID), append(hashes, s.addressHash(a.LeadEmail))
		if a.PersonID != 0 {
			people = append(people, a.PersonID)
		}
	}
	if err := tx.Forget(ctx, ids, hashes); err != nil {
		return 0, fmt.Errorf("forget applications: %w", err)
	}
	if err := tx.ForgetPeople(ctx, people); err != nil {
		return 0, fmt.Errorf("forget people: %w", err)
	}
	if err := tx.AuditEach(ctx, entry("application.forgotten", 0, nil), ids); err != nil {
		return 0, fmt.Errorf("write the trail: %w", err)
	}
	return len(page), nil
}

// addressHash is what is kept of an address: without the key nobody can try addresses until one fits.
func (s *Service) addressHash(address string) []byte {
	mac := hmac.New(sha256.New, s.opts.ReturnKey)
	mac.Write([]byte(strings.ToLower(strings.TrimSpace(address)))) // a hash takes whatever it is given
	return mac.Sum(nil)
}

// earlier returns what the same address asked for before, latest first; of a forgotten application there is no address.
func (s *Service) earlier(ctx context.Context, a Application) ([]Earlier, error) {
	if !a.ForgottenAt.IsZero() {
		return nil, nil
	}
	es, err := s.store.Earlier(ctx, a.ID, a.LeadEmail, s.addressHash(a.LeadEmail), earlierMax)
	if err != nil {
		return nil, fmt.Errorf("read the earlier requests: %w", err)
	}
	return es, nil
}

// LettersOfApplication are the templates of the mails that refer to an application.
func LettersOfApplication() []string {
	return []string{LetterConfirm, LetterReceived, LetterWaitlisted, LetterRejected}
}
