-- Campaigns, the applications they receive, and the batches in which those are decided.

-- +goose Up
CREATE TABLE plans (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    total_bytes bigint NOT NULL CHECK (total_bytes > 0),
    account_limit integer NOT NULL CHECK (account_limit > 0),
    personal_bytes bigint NOT NULL CHECK (personal_bytes > 0), -- 0 would be "no limit" to Nextcloud
    suites text[] NOT NULL CHECK (cardinality(suites) > 0 AND suites <@ ARRAY['collabora', 'onlyoffice']),
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (account_limit * personal_bytes * 2 <= total_bytes),
    CHECK (personal_bytes % 1048576 = 0) -- Nextcloud keeps an account's quota as text with one decimal
);

CREATE TABLE campaigns (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    plan_id bigint NOT NULL REFERENCES plans,
    opens_at timestamptz NOT NULL,
    closes_at timestamptz NOT NULL,
    capacity integer NOT NULL CHECK (capacity >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (closes_at > opens_at)
);

CREATE TABLE batches (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('open', 'decided', 'released', 'done')),
    decision text NOT NULL CHECK (decision IN ('approve', 'reject')),
    reason text NOT NULL DEFAULT '',      -- told to those who are refused
    notify boolean NOT NULL DEFAULT true, -- false: refuse without a mail (spam in other people's names)
    size integer NOT NULL DEFAULT 0,
    created_by bigint REFERENCES people ON DELETE SET NULL,
    decided_by bigint REFERENCES people ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz,
    release_at timestamptz,
    released_at timestamptz,
    worked_at timestamptz,                -- the last sign of life of the job that carries it out
    done_at timestamptz
);
CREATE INDEX batches_due ON batches (release_at) WHERE state = 'decided';
CREATE INDEX batches_working ON batches (worked_at) WHERE state = 'released';

CREATE TABLE applications (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id text NOT NULL UNIQUE,
    form_key text NOT NULL UNIQUE,        -- of the form that made it: a double click makes one application
    campaign_id bigint NOT NULL REFERENCES campaigns,
    state text NOT NULL CHECK (state IN ('draft', 'unconfirmed', 'submitted', 'waitlisted', 'changes_requested',
                                         'approved', 'rejected', 'withdrawn', 'expired')),
    association text NOT NULL,
    object text NOT NULL,
    lead_name text NOT NULL,
    lead_email text NOT NULL,
    person_id bigint REFERENCES people,   -- the lead, once the address is confirmed
    expected_accounts integer NOT NULL CHECK (expected_accounts > 0),
    suite text NOT NULL CHECK (suite IN ('collabora', 'onlyoffice')),
    slug text NOT NULL,
    lang text NOT NULL CHECK (lang IN ('fr', 'en')),
    terms_at timestamptz NOT NULL,
    batch_id bigint REFERENCES batches,
    reject_reason text NOT NULL DEFAULT '',
    mail_trouble text NOT NULL DEFAULT '', -- '' or why the address does not work, as an SMTP code
    confirm_mails integer NOT NULL DEFAULT 1, -- that asked to confirm the address
    search text NOT NULL DEFAULT '',      -- association, lead, address and slug in lower case, without accents
    created_at timestamptz NOT NULL DEFAULT now(),
    received_at timestamptz NOT NULL DEFAULT now(), -- confirmed, or sent while it is not: the order of the review list
    confirmed_at timestamptz,
    decided_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    forgotten_at timestamptz,             -- nothing above tells any more who asked
    lead_hash bytea                       -- then: a keyed hash of the address, so that a return is recognised
);
-- A name is claimed when the address is confirmed, and given back when the application ends without a space.
CREATE UNIQUE INDEX applications_slug ON applications (slug)
    WHERE state IN ('submitted', 'waitlisted', 'changes_requested', 'approved');
-- The review list merges the newest or oldest of each (suite, state), so that any filter is a few short index scans.
CREATE INDEX applications_review ON applications (suite, state, received_at, id);
CREATE INDEX applications_campaign ON applications (campaign_id, suite, state, received_at, id);
-- The places of a campaign that are held, and the order of those who wait for one.
CREATE INDEX applications_places ON applications (campaign_id) WHERE state IN ('submitted', 'changes_requested', 'approved');
CREATE INDEX applications_waiting ON applications (campaign_id, confirmed_at, id) WHERE state = 'waitlisted';
CREATE INDEX applications_batch ON applications (batch_id, id) WHERE batch_id IS NOT NULL;
CREATE INDEX applications_lead ON applications (lower(lead_email));
CREATE INDEX applications_lead_hash ON applications (lead_hash) WHERE lead_hash IS NOT NULL;
CREATE INDEX applications_person ON applications (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX applications_unconfirmed ON applications (created_at) WHERE state = 'unconfirmed';
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX applications_search ON applications
    USING gin (search gin_trgm_ops) WITH (gin_pending_list_limit = 512); -- kB: a search reads the pending list through

-- The form being filled: what was typed, until it is sent, so that an address can be corrected.
-- (An unconfirmed application is that memory; nothing else is kept.)

-- +goose Down
DROP TABLE applications, batches, campaigns, plans;
