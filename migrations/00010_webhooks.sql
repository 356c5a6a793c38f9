-- Webhooks into providers' own tools: where to, what, and what became of each delivery.

-- +goose Up
CREATE TABLE webhooks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id text NOT NULL UNIQUE,
    provider_id bigint NOT NULL REFERENCES providers ON DELETE CASCADE,
    url text NOT NULL,
    secret bytea NOT NULL,                -- sealed
    state text NOT NULL DEFAULT 'on' CHECK (state IN ('on', 'paused', 'failing', 'gone')), -- failing, gone: stopped by itself
    failing_since timestamptz,            -- attempts failed since, and none succeeded
    failed_at timestamptz,                -- the last attempt that failed
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhooks_provider ON webhooks (provider_id);

CREATE TABLE webhook_deliveries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id text NOT NULL UNIQUE,       -- the webhook-id header: the same in every attempt
    webhook_id bigint NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    event_key text NOT NULL,              -- of the event that it tells: told once
    type text NOT NULL,
    payload bytea NOT NULL,               -- JSON, the bytes that are signed
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    claimed_until timestamptz,
    last_status integer NOT NULL DEFAULT 0, -- HTTP; 0: no answer
    last_cause text NOT NULL DEFAULT '',  -- a bounded code
    created_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz,
    UNIQUE (webhook_id, event_key)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_try_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_webhook ON webhook_deliveries (webhook_id, id);

-- +goose Down
DROP TABLE webhook_deliveries, webhooks;
