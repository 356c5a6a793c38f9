-- People, the links mailed to them, their sessions, and what was done by whom.

-- +goose Up
CREATE TABLE people (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL DEFAULT '',
    lang text NOT NULL DEFAULT 'fr' CHECK (lang IN ('fr', 'en')),
    staff_role text CHECK (staff_role IN ('admin', 'reviewer')),
    totp_secret bytea,                    -- sealed; null until enrolment begins
    totp_confirmed_at timestamptz,
    totp_last_step bigint NOT NULL DEFAULT 0, -- a code is good once (RFC 6238, 5.2)
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX people_email ON people (lower(email));

-- A link sent by mail. Only the hash of its token is kept; what it opens is (purpose, ref_id).
CREATE TABLE links (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('confirm', 'sign_in', 'activate', 'password')),
    token_hash bytea NOT NULL UNIQUE,
    ref_id bigint NOT NULL,               -- application, person or account, by purpose
    recipient text NOT NULL,              -- the address it was sent to, so that a new one can be
    lang text NOT NULL,
    expires_at timestamptz NOT NULL,
    spent_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX links_ref ON links (purpose, ref_id);
CREATE INDEX links_expiry ON links (expires_at);

CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES people ON DELETE CASCADE,
    second_factor_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_person ON sessions (person_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Counters of attempts, by a keyed hash of who tries what.
CREATE TABLE rate_counters (
    bucket bytea NOT NULL,
    window_start timestamptz NOT NULL,
    hits integer NOT NULL DEFAULT 1,
    PRIMARY KEY (bucket, window_start)
);

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor_id bigint REFERENCES people ON DELETE SET NULL, -- null: Nichoir itself
    actor text NOT NULL,                  -- 'person', 'applicant', 'nichoir', 'operator'
    action text NOT NULL,                 -- e.g. 'application.confirmed'
    subject text NOT NULL,                -- e.g. 'application'
    subject_id bigint NOT NULL,
    data jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_subject ON audit (subject, subject_id, id);
CREATE INDEX audit_actor ON audit (actor_id) WHERE actor_id IS NOT NULL; -- for who is forgotten

-- +goose Down
DROP TABLE audit, rate_counters, sessions, links, people;
