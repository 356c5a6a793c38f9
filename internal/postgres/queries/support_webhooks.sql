-- name: WebhookMembership :one
SELECT p.id, m.manager
FROM providers p
JOIN provider_members m ON m.provider_id = p.id
WHERE p.public_id = @public_id AND m.person_id = @person_id AND m.joined_at IS NOT NULL AND p.state IN ('listed', 'paused');

-- name: WebhooksOfProvider :many
SELECT id, public_id, provider_id, url, state, failing_since, failed_at, created_at
FROM webhooks
WHERE provider_id = @provider_id
ORDER BY id;

-- name: WebhookOfProvider :one
SELECT id, public_id, provider_id, url, state, failing_since, failed_at, created_at
FROM webhooks
WHERE provider_id = @provider_id AND public_id = @public_id;

-- name: LockWebhookOfProvider :one
SELECT id, public_id, provider_id, url, state, failing_since, failed_at, created_at
FROM webhooks
WHERE provider_id = @provider_id AND public_id = @public_id
FOR UPDATE;

-- name: LockWebhookByID :one
SELECT id, public_id, provider_id, url, state, failing_since, failed_at, created_at
FROM webhooks
WHERE id = @id
FOR UPDATE;

-- name: LockProviderForWebhooks :one
SELECT id FROM providers WHERE id = @id AND state IN ('listed', 'paused') FOR NO KEY UPDATE;

-- name: InsertWebhook :one
INSERT INTO webhooks (public_id, provider_id, url, secret, state, created_at)
VALUES (@public_id, @provider_id, @url, @secret, @state, @created_at)
RETURNING id;

-- name: SetWebhookSecret :exec
UPDATE webhooks SET secret = @secret WHERE id = @id;

-- name: WebhooksSealedOtherwise :many
SELECT id, secret FROM webhooks WHERE substring(secret FROM 1 FOR length(@header::bytea)) <> @header ORDER BY id;

-- name: ReplaceWebhookSecret :exec
UPDATE webhooks SET secret = @secret WHERE id = @id AND secret = @old;

-- name: SetWebhookState :exec
UPDATE webhooks SET state = @state, failing_since = sqlc.narg('failing_since'), failed_at = sqlc.narg('failed_at') WHERE id = @id;

-- name: DeleteWebhook :exec
DELETE FROM webhooks WHERE id = @id;

-- name: DropWebhooksOf :many
DELETE FROM webhooks WHERE provider_id = @provider_id RETURNING id;

-- name: WebhookListeners :many
SELECT id FROM webhooks WHERE provider_id = @provider_id AND state = 'on' ORDER BY id;

-- name: InsertWebhookDelivery :many
INSERT INTO webhook_deliveries (public_id, webhook_id, event_key, type, payload, next_try_at, created_at)
VALUES (@public_id, @webhook_id, @event_key, @type, @payload, @at, @at)
ON CONFLICT (webhook_id, event_key) DO NOTHING
RETURNING id;

-- name: ClaimWebhookDelivery :one
UPDATE webhook_deliveries d
SET claimed_until = @until::timestamptz
FROM webhooks w
WHERE d.id = @id AND w.id = d.webhook_id AND w.state = 'on'
    AND d.state = 'pending' AND d.next_try_at <= @now AND (d.claimed_until IS NULL OR d.claimed_until <= @now)
RETURNING d.id, d.public_id, d.payload, d.attempts, d.webhook_id, w.provider_id, w.url, w.secret;

-- name: EndWebhookAttempt :execrows
UPDATE webhook_deliveries
SET state = @state, attempts = attempts + 1, last_status = @status, last_cause = @cause, claimed_until = NULL,
    next_try_at = @next_try_at, delivered_at = sqlc.narg('delivered_at')
WHERE id = @id AND state = 'pending' AND claimed_until = @claimed_until::timestamptz;

-- name: ReplayWebhookDelivery :one
-- One that is due or held is under way.
WITH it AS (
    SELECT d.id, (d.state <> 'pending' OR d.next_try_at > @now AND (d.claimed_until IS NULL OR d.claimed_until <= @now))::boolean AS idle
    FROM webhook_deliveries d
    WHERE d.webhook_id = @webhook_id AND d.public_id = @public_id
    FOR UPDATE),
again AS (
    UPDATE webhook_deliveries d
    SET state = 'pending', attempts = 0, next_try_at = @now, claimed_until = NULL, delivered_at = NULL
    FROM it
    WHERE d.id = it.id AND it.idle)
SELECT id, idle FROM it;

-- name: DueWebhookDeliveries :many
SELECT d.id
FROM webhook_deliveries d
JOIN webhooks w ON w.id = d.webhook_id
WHERE d.state = 'pending' AND d.next_try_at <= @late::timestamptz
    AND (d.claimed_until IS NULL OR d.claimed_until <= @late::timestamptz) AND w.state = 'on'
ORDER BY d.next_try_at
LIMIT @most;

-- name: WebhookDeliveries :many
SELECT id, public_id, type, state, attempts, last_status, last_cause, payload, created_at, next_try_at, delivered_at
FROM webhook_deliveries d
WHERE d.webhook_id = @webhook_id
    AND (@after::text = '' OR d.id < (SELECT x.id FROM webhook_deliveries x WHERE x.public_id = @after AND x.webhook_id = @webhook_id))
ORDER BY d.id DESC
LIMIT @most;

-- name: ForgetWebhookDeliveries :execrows
DELETE FROM webhook_deliveries
WHERE id IN (SELECT d.id FROM webhook_deliveries d WHERE d.created_at < @before ORDER BY d.id LIMIT @most);

-- name: WebhookManagers :many
SELECT p.id, p.email, p.name, p.lang
FROM provider_members m
JOIN people p ON p.id = m.person_id
WHERE m.provider_id = @provider_id AND m.manager AND m.joined_at IS NOT NULL
ORDER BY p.id;

-- name: WebhookByID :one
SELECT sqlc.embed(w), p.public_id AS provider
FROM webhooks w
JOIN providers p ON p.id = w.provider_id
WHERE w.id = @id;
