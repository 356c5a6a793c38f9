package provisioning

import (
	"context"
	"fmt"
	"time"
)

// forgetPage is how many spaces are forgotten in one transaction.
const forgetPage = 500

// ForgetTx is what a transaction can forget.
type ForgetTx interface {
	// LockForgettable locks up to limit spaces that were closed longer ago than keep, on the database's clock, and returns
	// their ids in order. One on whose host a call may still land is not among them.
	LockForgettable(ctx context.Context, keep time.Duration, limit int) ([]int64, error)
	// Forget empties the spaces, their accounts, steps, links and mails of what names anybody. The slug stays, so that
	// nobody else gets the address of those who were there.
	Forget(ctx context.Context, spaces []int64) error
}

// Keeps tells how long after its closing a space is kept.
func (s *Service) Keeps() time.Duration { return s.o.KeepClosed }

// Forget makes the spaces anonymous that were closed longer ago than KeepClosed: what remains tells how much there was, and
// when. It returns how many it forgot; what a crash leaves is forgotten the next time.
func (s *Service) Forget(ctx context.Context) (int, error) {
	for total := 0; ; {
		n := 0
		err := s.o.Store.InTx(ctx, func(tx Tx) error {
			page, err := tx.LockForgettable(ctx, s.o.KeepClosed, forgetPage)
			if err != nil || len(page) == 0 {
				return err
			}
			n = len(page)
			if err := tx.Forget(ctx, page); err != nil {
				return err
			}
			for _, id := range page {
				if err := tx.Audit(ctx, Entry{Action: "space.forgotten", Subject: "space", SubjectID: id}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return total, fmt.Errorf("forget spaces: %w", err)
		}
		if total += n; n < forgetPage {
			return total, nil
		}
	}
}

// LettersOfAccount are the templates of the mails that refer to an account.
func LettersOfAccount() []string { return []string{LetterHandover, LetterInvitation, LetterPassword} }
