-- Schedules and outgoing mail; River's own tables come with 00005.

-- +goose Up
CREATE TABLE schedules (
    name text PRIMARY KEY,
    spec text NOT NULL,                   -- cron, UTC
    next_run timestamptz NOT NULL,
    last_run timestamptz
);

-- One row for one event and one recipient.
CREATE TABLE mails (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event text NOT NULL,                  -- e.g. 'space-ready:42'
    template text NOT NULL,
    recipient text NOT NULL,
    lang text NOT NULL,
    ref_id bigint NOT NULL,               -- application, person, space or account, by template
    message_id text NOT NULL UNIQUE,      -- derived from event and recipient
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'refused', 'dropped')),
    attempts integer NOT NULL DEFAULT 0,
    reply text NOT NULL DEFAULT '',       -- the last SMTP code
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    UNIQUE (event, recipient)
);
CREATE INDEX mails_ref ON mails (ref_id); -- for what is forgotten
CREATE INDEX mails_queued ON mails (created_at) WHERE state = 'queued';

-- +goose Down
DROP TABLE mails, schedules;
