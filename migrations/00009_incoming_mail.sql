-- Incoming mail: every one is kept once, together with what became of it.

-- +goose Up
CREATE TABLE incoming_mails (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mailbox text NOT NULL,
    uid_validity bigint NOT NULL,
    uid bigint NOT NULL,
    digest bytea NOT NULL,                -- SHA-256 of the mail as it lay there: known again when the mailbox is numbered anew
    message_id text NOT NULL DEFAULT '',
    sender text NOT NULL DEFAULT '',      -- the address of From; '' when there is none that can be read, and once forgotten
    subject text NOT NULL DEFAULT '',     -- '' once forgotten
    size bigint NOT NULL,
    raw bytea,                            -- null once it is of no use any more, and for what was too large to fetch
    outcome text NOT NULL CHECK (outcome IN ('posted', 'opened', 'held', 'released', 'bounce', 'auto_reply', 'loop', 'duplicate',
                                             'set_aside', 'dropped')),
    reason text NOT NULL DEFAULT '',      -- a bounded code
    ticket_id bigint REFERENCES tickets ON DELETE SET NULL,
    person_id bigint REFERENCES people ON DELETE SET NULL, -- held: whom it says it is from
    ticket_message_id bigint REFERENCES ticket_messages ON DELETE SET NULL,
    body text NOT NULL DEFAULT '',        -- held: what would be posted; '' once it was, or was dropped
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (mailbox, uid_validity, uid)
);
CREATE INDEX incoming_mails_digest ON incoming_mails (digest);
CREATE INDEX incoming_mails_outcome ON incoming_mails (outcome, id);
CREATE INDEX incoming_mails_ticket ON incoming_mails (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX incoming_mails_person ON incoming_mails (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX incoming_mails_unforgotten ON incoming_mails (created_at) WHERE raw IS NOT NULL OR sender <> '' OR subject <> '';
ALTER TABLE incoming_mails ALTER COLUMN raw SET STORAGE EXTERNAL;

-- The attachments of what is held. Those of what was posted are the message's.
CREATE TABLE incoming_files (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mail_id bigint NOT NULL REFERENCES incoming_mails ON DELETE CASCADE,
    name text NOT NULL,
    content bytea NOT NULL
);
CREATE INDEX incoming_files_mail ON incoming_files (mail_id, id);
ALTER TABLE incoming_files ALTER COLUMN content SET STORAGE EXTERNAL;

-- Other addresses from which a person writes.
CREATE TABLE person_addresses (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES people ON DELETE CASCADE,
    email text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX person_addresses_email ON person_addresses (person_id, lower(email));
CREATE INDEX person_addresses_by_email ON person_addresses (lower(email));

-- Mails to a person's address came back; '' while nothing is known, and after a mail came from it.
ALTER TABLE people ADD COLUMN mail_trouble text NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN mail_trouble_at timestamptz;
CREATE INDEX people_mail_trouble ON people (mail_trouble_at) WHERE mail_trouble <> '';

-- +goose Down
ALTER TABLE people DROP COLUMN mail_trouble_at, DROP COLUMN mail_trouble;
DROP TABLE person_addresses, incoming_files, incoming_mails;
