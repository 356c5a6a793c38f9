package postgres

import (
	"context"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/postgres/dbsqlc"
	"nichoir/provisioning"
)

func (t provisioningTx) LockForgettable(ctx context.Context, keep time.Duration, limit int) ([]int64, error) {
	ids, err := t.q.LockForgettableSpaces(ctx, dbsqlc.LockForgettableSpacesParams{
		KeepSeconds: keep.Seconds(), UpTo: int32(limit), //nolint:gosec // a constant of the service
	})
	return ids, wrap("lock the spaces", err)
}

func (t provisioningTx) Forget(ctx context.Context, spaces []int64) error {
	if err := t.q.ForgetSpaces(ctx, spaces); err != nil {
		return wrap("update the spaces", err)
	}
	if err := t.q.ForgetIntents(ctx, spaces); err != nil {
		return wrap("update the steps", err)
	}
	accounts, err := t.q.ForgetAccounts(ctx, spaces)
	if err != nil {
		return wrap("update the accounts", err)
	}
	if err := t.dropLinks(ctx, accounts, identity.PurposeActivate, identity.PurposePassword); err != nil {
		return err
	}
	return t.dropMails(ctx, accounts, provisioning.LettersOfAccount()...)
}
