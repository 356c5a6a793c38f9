-- Tickets: requests for help of spaces, the conversation about each, who holds it, and who may see what of it.

-- +goose Up
-- People beside the lead who may ask for help in the space's name. It counts while their account lives.
CREATE TABLE space_coleads (
    space_id bigint NOT NULL REFERENCES spaces ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
    person_id bigint NOT NULL REFERENCES people ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (space_id, person_id)
);
CREATE INDEX space_coleads_person ON space_coleads (person_id);

CREATE TABLE tickets (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 1001) PRIMARY KEY, -- the number that people see
    public_id text NOT NULL UNIQUE,       -- opaque; stands in addresses
    form_key text NOT NULL UNIQUE,
    space_id bigint NOT NULL REFERENCES spaces,
    provider_id bigint REFERENCES providers, -- whose it is; null: the team's, the space has no provider
    escalated boolean NOT NULL DEFAULT false, -- the team holds it for the provider
    kind text NOT NULL,                   -- of help
    title text NOT NULL,                  -- on pages and inside mails, never in a subject line
    urgent boolean NOT NULL DEFAULT false, -- the association cannot work
    state text NOT NULL CHECK (state IN ('new', 'open', 'waiting', 'solved', 'closed')),
    opened_by bigint REFERENCES people ON DELETE SET NULL,
    opened_via text NOT NULL CHECK (opened_via IN ('web', 'mail', 'team')),
    assignee_id bigint REFERENCES people ON DELETE SET NULL, -- the member who looks after it; null: nobody in particular
    consent_at timestamptz,               -- the lead lets the provider see the context
    consent_by bigint REFERENCES people ON DELETE SET NULL,
    consent_revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- Two promises, in working seconds: a first answer, and a solution. Each clock runs since a moment with so much left then,
    -- or stands. It is due, and worth a reminder, at times that are reckoned with the pauses of whoever holds the ticket.
    answered_at timestamptz,              -- by the provider or the team, the first time
    answer_left bigint NOT NULL DEFAULT 0, -- negative: kept too late
    answer_worked bigint NOT NULL DEFAULT 0, -- of the spans that ended
    answer_since timestamptz,             -- null: it stands
    answer_due_at timestamptz,            -- null: it stands, or a pause has no end
    answer_remind_at timestamptz,         -- null: as the former, or it was done
    answer_reminded_at timestamptz,
    solve_left bigint NOT NULL DEFAULT 0,
    worked bigint NOT NULL DEFAULT 0,
    running_since timestamptz,
    solve_due_at timestamptz,
    solve_remind_at timestamptz,
    solve_reminded_at timestamptz,
    reckoned_with text NOT NULL DEFAULT '', -- a mark of the pauses that the times above were reckoned with
    waiting_since timestamptz,            -- for the association's answer
    nudges integer NOT NULL DEFAULT 0,    -- that it got since
    solved_at timestamptz,
    closed_at timestamptz,
    emptied_at timestamptz                -- the space is forgotten: nothing tells any more what it was about
);
CREATE INDEX tickets_space ON tickets (space_id, id);
CREATE INDEX tickets_provider ON tickets (provider_id, state);
CREATE INDEX tickets_team ON tickets (state) WHERE provider_id IS NULL OR escalated;
CREATE INDEX tickets_answer_due ON tickets (answer_due_at) WHERE answer_due_at IS NOT NULL;
CREATE INDEX tickets_solve_due ON tickets (solve_due_at) WHERE solve_due_at IS NOT NULL;
CREATE INDEX tickets_answer_remind ON tickets (answer_remind_at) WHERE answer_remind_at IS NOT NULL;
CREATE INDEX tickets_solve_remind ON tickets (solve_remind_at) WHERE solve_remind_at IS NOT NULL;
CREATE INDEX tickets_waiting ON tickets (waiting_since) WHERE state = 'waiting';
CREATE INDEX tickets_current ON tickets (created_at) WHERE state IN ('new', 'open', 'waiting');
CREATE INDEX tickets_answered_since ON tickets (answered_at) WHERE answered_at IS NOT NULL; -- for the figures
CREATE INDEX tickets_solved_since ON tickets (solved_at) WHERE solved_at IS NOT NULL;
CREATE INDEX tickets_solved ON tickets (solved_at) WHERE state = 'solved';

CREATE TABLE ticket_messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL REFERENCES tickets ON DELETE CASCADE,
    form_key text NOT NULL UNIQUE,        -- sent twice, it is one message
    side text NOT NULL CHECK (side IN ('space', 'provider', 'team', 'nichoir')),
    author_id bigint REFERENCES people ON DELETE SET NULL,
    provider_id bigint REFERENCES providers, -- of the author, when the side is 'provider'; of who takes over, in a line about it
    internal boolean NOT NULL DEFAULT false, -- a note between the provider and the team; never in a mail
    via text NOT NULL CHECK (via IN ('web', 'mail')),
    mail_message_id text NOT NULL DEFAULT '', -- of the mail it came by, without brackets
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (NOT internal OR side IN ('provider', 'team'))
);
CREATE INDEX ticket_messages_ticket ON ticket_messages (ticket_id, id);
CREATE INDEX ticket_messages_author ON ticket_messages (author_id) WHERE author_id IS NOT NULL; -- for who is forgotten
CREATE INDEX ticket_messages_mail ON ticket_messages (mail_message_id) WHERE mail_message_id <> '';

CREATE TABLE ticket_attachments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id bigint NOT NULL REFERENCES ticket_messages ON DELETE CASCADE,
    name text NOT NULL,
    media_type text NOT NULL,             -- sniffed from the content, never as declared
    size bigint NOT NULL CHECK (size <= 10485760),
    content bytea NOT NULL
);
CREATE INDEX ticket_attachments_message ON ticket_attachments (message_id);
ALTER TABLE ticket_attachments ALTER COLUMN content SET STORAGE EXTERNAL;

-- Who held a ticket from when to when. A provider sees what was said while it held it: messages with an id above after_id.
CREATE TABLE ticket_tenures (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL REFERENCES tickets ON DELETE CASCADE,
    provider_id bigint NOT NULL REFERENCES providers,
    after_id bigint NOT NULL,             -- 0: from the beginning
    summary text NOT NULL DEFAULT '',     -- of what went before, approved by the lead
    from_at timestamptz NOT NULL DEFAULT now(),
    until_at timestamptz
);
CREATE UNIQUE INDEX ticket_tenures_current ON ticket_tenures (ticket_id) WHERE until_at IS NULL;

-- A provider's pauses as one text: it differs when they do, so that what was reckoned with them is found again.
-- +goose StatementBegin
CREATE FUNCTION pauses_mark(provider bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(md5(string_agg(
        extract(epoch FROM p.from_at)::text || '-' || coalesce(extract(epoch FROM p.until_at)::text, ''), ',' ORDER BY p.id)), '')
    FROM provider_pauses p WHERE p.provider_id = provider
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION pauses_mark(bigint);
DROP TABLE ticket_tenures, ticket_attachments, ticket_messages, tickets, space_coleads;
