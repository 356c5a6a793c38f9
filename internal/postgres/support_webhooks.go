package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"nichoir/internal/identity"
	"nichoir/internal/postgres/dbsqlc"
	"nichoir/internal/support/webhooks"
)

// WebhooksStore keeps webhooks and their deliveries.
type WebhooksStore struct{ db *DB }

var _ webhooks.Store = (*WebhooksStore)(nil)

// Webhooks returns webhooks' store.
func (db *DB) Webhooks() *WebhooksStore { return &WebhooksStore{db: db} }

// InTx runs fn in one transaction.
func (s *WebhooksStore) InTx(ctx context.Context, fn func(webhooks.Tx) error) error {
	return s.db.inTx(ctx, func(t *txn) error { return fn(webhooksTx{linkTx{t}}) })
}

func webhooksErr(err error) error { return rowErr(err, webhooks.ErrNotFound) }

// Membership returns the provider to which the person belongs.
func (s *WebhooksStore) Membership(ctx context.Context, providerPublicID string, personID int64) (int64, bool, error) {
	r, err := s.db.q.WebhookMembership(ctx, dbsqlc.WebhookMembershipParams{PublicID: providerPublicID, PersonID: personID})
	if err != nil {
		return 0, false, webhooksErr(err)
	}
	return r.ID, r.Manager, nil
}

// Webhooks returns those of a provider, oldest first.
func (s *WebhooksStore) Webhooks(ctx context.Context, providerID int64) ([]webhooks.Webhook, error) {
	return providerWebhooks(ctx, s.db.q, providerID)
}

func providerWebhooks(ctx context.Context, q *dbsqlc.Queries, providerID int64) ([]webhooks.Webhook, error) {
	rows, err := q.WebhooksOfProvider(ctx, providerID)
	if err != nil {
		return nil, webhooksErr(err)
	}
	out := make([]webhooks.Webhook, len(rows))
	for i, r := range rows {
		out[i] = webhook(dbsqlc.LockWebhookByIDRow(r))
	}
	return out, nil
}

// Webhook returns one of a provider's.
func (s *WebhooksStore) Webhook(ctx context.Context, providerID int64, publicID string) (webhooks.Webhook, error) {
	r, err := s.db.q.WebhookOfProvider(ctx, dbsqlc.WebhookOfProviderParams{ProviderID: providerID, PublicID: publicID})
	if err != nil {
		return webhooks.Webhook{}, webhooksErr(err)
	}
	return webhook(dbsqlc.LockWebhookByIDRow(r)), nil
}

// ByID returns a webhook with its provider's public id.
func (s *WebhooksStore) ByID(ctx context.Context, id int64) (webhooks.Webhook, string, error) {
	r, err := s.db.q.WebhookByID(ctx, id)
	if err != nil {
		return webhooks.Webhook{}, "", webhooksErr(err)
	}
	w := r.Webhook
	return webhooks.Webhook{ID: w.ID, PublicID: w.PublicID, ProviderID: w.ProviderID, URL: w.Url, State: webhooks.State(w.State),
		FailingSince: timeOrZero(w.FailingSince), FailedAt: timeOrZero(w.FailedAt), CreatedAt: w.CreatedAt}, r.Provider, nil
}

// Deliveries returns a part of a webhook's log, latest first.
func (s *WebhooksStore) Deliveries(ctx context.Context, webhookID int64, p webhooks.Page) ([]webhooks.Delivery, error) {
	rows, err := s.db.q.WebhookDeliveries(ctx, dbsqlc.WebhookDeliveriesParams{WebhookID: webhookID, After: p.After, Most: int32(p.Limit)}) //nolint:gosec // a constant
	if err != nil {
		return nil, webhooksErr(err)
	}
	out := make([]webhooks.Delivery, len(rows))
	for i, r := range rows {
		out[i] = webhooks.Delivery{PublicID: r.PublicID, Type: r.Type, State: webhooks.DeliveryState(r.State), Attempts: int(r.Attempts),
			Status: int(r.LastStatus), Cause: r.LastCause, Payload: r.Payload, CreatedAt: r.CreatedAt, NextTry: r.NextTryAt,
			DeliveredAt: timeOrZero(r.DeliveredAt)}
	}
	return out, nil
}

// Due returns the deliveries that the queue seems to have lost.
func (s *WebhooksStore) Due(ctx context.Context, late time.Time, limit int) ([]int64, error) {
	return s.db.q.DueWebhookDeliveries(ctx, dbsqlc.DueWebhookDeliveriesParams{Late: late, Most: int32(limit)}) //nolint:gosec // small
}

// Forget deletes deliveries of long ago.
func (s *WebhooksStore) Forget(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := s.db.q.ForgetWebhookDeliveries(ctx, dbsqlc.ForgetWebhookDeliveriesParams{Before: before, Most: int32(limit)}) //nolint:gosec // small
	return int(n), err
}

// SealedOtherwise returns the secrets that were sealed with another key.
func (s *WebhooksStore) SealedOtherwise(ctx context.Context, header []byte) ([]webhooks.Secret, error) {
	rows, err := s.db.q.WebhooksSealedOtherwise(ctx, header)
	if err != nil {
		return nil, webhooksErr(err)
	}
	out := make([]webhooks.Secret, len(rows))
	for i, r := range rows {
		out[i] = webhooks.Secret{WebhookID: r.ID, Sealed: r.Secret}
	}
	return out, nil
}

// ReplaceSecret writes a secret that was sealed anew. One that was made meanwhile stays.
func (s *WebhooksStore) ReplaceSecret(ctx context.Context, old webhooks.Secret, sealed []byte) error {
	return s.db.q.ReplaceWebhookSecret(ctx, dbsqlc.ReplaceWebhookSecretParams{ID: old.WebhookID, Old: old.Sealed, Secret: sealed})
}

func webhook(r dbsqlc.LockWebhookByIDRow) webhooks.Webhook {
	return webhooks.Webhook{ID: r.ID, PublicID: r.PublicID, ProviderID: r.ProviderID, URL: r.Url, State: webhooks.State(r.State),
		FailingSince: timeOrZero(r.FailingSince), FailedAt: timeOrZero(r.FailedAt), CreatedAt: r.CreatedAt}
}

type webhooksTx struct{ linkTx }

// Enqueue puts a job on the queue.
func (t webhooksTx) Enqueue(ctx context.Context, j webhooks.Job) error { return t.txn.Enqueue(ctx, j) }

// LockWebhooks locks the provider, so that two at once do not pass the limit together, and none is added while it is refused.
func (t webhooksTx) LockWebhooks(ctx context.Context, providerID int64) ([]webhooks.Webhook, error) {
	if _, err := t.q.LockProviderForWebhooks(ctx, providerID); err != nil {
		return nil, webhooksErr(err)
	}
	return providerWebhooks(ctx, t.q, providerID)
}

// InsertWebhook keeps a webhook.
func (t webhooksTx) InsertWebhook(ctx context.Context, providerID int64, w webhooks.Webhook, sealed []byte) (int64, error) {
	return t.q.InsertWebhook(ctx, dbsqlc.InsertWebhookParams{PublicID: w.PublicID, ProviderID: providerID, Url: w.URL, Secret: sealed,
		State: string(w.State), CreatedAt: w.CreatedAt})
}

// LockWebhook locks one of a provider's.
func (t webhooksTx) LockWebhook(ctx context.Context, providerID int64, publicID string) (webhooks.Webhook, error) {
	r, err := t.q.LockWebhookOfProvider(ctx, dbsqlc.LockWebhookOfProviderParams{ProviderID: providerID, PublicID: publicID})
	if err != nil {
		return webhooks.Webhook{}, webhooksErr(err)
	}
	return webhook(dbsqlc.LockWebhookByIDRow(r)), nil
}

// LockByID locks the webhook of the id.
func (t webhooksTx) LockByID(ctx context.Context, id int64) (webhooks.Webhook, error) {
	r, err := t.q.LockWebhookByID(ctx, id)
	if err != nil {
		return webhooks.Webhook{}, webhooksErr(err)
	}
	return webhook(r), nil
}

// SetSecret writes a sealed secret.
func (t webhooksTx) SetSecret(ctx context.Context, id int64, sealed []byte) error {
	return t.q.SetWebhookSecret(ctx, dbsqlc.SetWebhookSecretParams{ID: id, Secret: sealed})
}

// SetState writes the state of a locked webhook, and since when it fails.
func (t webhooksTx) SetState(ctx context.Context, w webhooks.Webhook) error {
	return t.q.SetWebhookState(ctx, dbsqlc.SetWebhookStateParams{ID: w.ID, State: string(w.State), FailingSince: timeOrNull(w.FailingSince),
		FailedAt: timeOrNull(w.FailedAt)})
}

// DeleteWebhook forgets a webhook with its deliveries.
func (t webhooksTx) DeleteWebhook(ctx context.Context, id int64) error {
	if err := t.q.DeleteWebhook(ctx, id); err != nil {
		return fmt.Errorf("query: %w", err)
	}
	return t.dropWebhookMails(ctx, id)
}

// dropWebhookMails forgets that somebody was told of a webhook that is gone.
func (t *txn) dropWebhookMails(ctx context.Context, ids ...int64) error {
	if len(ids) == 0 {
		return nil
	}
	return t.dropMails(ctx, ids, slices.Collect(maps.Keys(webhooks.Letters()))...)
}

// ListenersOf returns the webhooks of the provider that are on.
func (t webhooksTx) ListenersOf(ctx context.Context, providerID int64) ([]int64, error) {
	return t.q.WebhookListeners(ctx, providerID)
}

// InsertDelivery keeps a delivery, once for one event.
func (t webhooksTx) InsertDelivery(ctx context.Context, d webhooks.NewDelivery) (int64, error) {
	ids, err := t.q.InsertWebhookDelivery(ctx, dbsqlc.InsertWebhookDeliveryParams{PublicID: d.PublicID, WebhookID: d.WebhookID,
		EventKey: d.EventKey, Type: d.Type, Payload: d.Payload, At: d.At})
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}

// Claim holds a delivery that is due.
func (t webhooksTx) Claim(ctx context.Context, id int64, now, until time.Time) (webhooks.Attempted, error) {
	r, err := t.q.ClaimWebhookDelivery(ctx, dbsqlc.ClaimWebhookDeliveryParams{ID: id, Now: now, Until: until})
	if errors.Is(err, pgx.ErrNoRows) {
		return webhooks.Attempted{}, webhooks.ErrMoved
	}
	if err != nil {
		return webhooks.Attempted{}, fmt.Errorf("query: %w", err)
	}
	return webhooks.Attempted{ID: r.ID, PublicID: r.PublicID, Payload: r.Payload, Attempts: int(r.Attempts), ProviderID: r.ProviderID,
		WebhookID: r.WebhookID, URL: r.Url, Secret: r.Secret, ClaimedUntil: until}, nil
}

// EndAttempt writes the end of an attempt that still holds its delivery.
func (t webhooksTx) EndAttempt(ctx context.Context, e webhooks.Ended) error {
	p := dbsqlc.EndWebhookAttemptParams{ID: e.Attempted.ID, State: string(e.State), Status: int32(e.Status), Cause: e.Cause, //nolint:gosec // an HTTP status
		NextTryAt: e.At, ClaimedUntil: e.Attempted.ClaimedUntil}
	switch e.State {
	case webhooks.Pending:
		p.NextTryAt = e.NextTry
	case webhooks.Failed: // given up: it is due no more
	case webhooks.Delivered:
		p.DeliveredAt = timeOrNull(e.At)
	}
	n, err := t.q.EndWebhookAttempt(ctx, p)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	if n == 0 {
		return webhooks.ErrMoved
	}
	return nil
}

// Replay makes a delivery pending again.
func (t webhooksTx) Replay(ctx context.Context, webhookID int64, publicID string, now time.Time) (int64, error) {
	r, err := t.q.ReplayWebhookDelivery(ctx, dbsqlc.ReplayWebhookDeliveryParams{WebhookID: webhookID, PublicID: publicID, Now: now})
	if err != nil {
		return 0, webhooksErr(err)
	}
	if !r.Idle {
		return 0, webhooks.ErrMoved
	}
	return r.ID, nil
}

// Managers returns who manages the provider.
func (t webhooksTx) Managers(ctx context.Context, providerID int64) ([]identity.Person, error) {
	rows, err := t.q.WebhookManagers(ctx, providerID)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]identity.Person, len(rows))
	for i, r := range rows {
		out[i] = identity.Person{ID: r.ID, Email: r.Email, Name: r.Name, Lang: r.Lang}
	}
	return out, nil
}
