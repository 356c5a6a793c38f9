package provisioning

import (
	"context"
	"errors"
	"fmt"
)

// MailTrouble notes that an account's address does not work, with the code of the mail server that said so. No account of
// that id is no error: the mail came back to nobody.
func (s *Service) MailTrouble(ctx context.Context, accountID int64, code string) error {
	err := s.o.Store.InTx(ctx, func(tx Tx) error {
		if err := tx.SetMailTrouble(ctx, accountID, code); err != nil {
			return err
		}
		return tx.Audit(ctx, Entry{Action: "account.mail_refused", Subject: "account", SubjectID: accountID,
			Data: map[string]any{"code": code}})
	})
	if errors.Is(err, ErrMoved) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("note an address's trouble: %w", err)
	}
	return nil
}
