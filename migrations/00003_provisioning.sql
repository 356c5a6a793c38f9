-- Hosts, the spaces on them, the steps that make and unmake these, their accounts and their readings.

-- +goose Up
CREATE TABLE hosts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    base_url text NOT NULL UNIQUE,        -- where Nichoir calls it
    public_url text NOT NULL,             -- where people go
    service_user text NOT NULL,
    secret bytea NOT NULL,                -- the app password, sealed
    version text NOT NULL DEFAULT '',
    major integer NOT NULL DEFAULT 0,
    suites text[] NOT NULL DEFAULT '{}',
    suites_declared boolean NOT NULL DEFAULT false, -- by the operator: checks leave them as they are
    shared boolean NOT NULL DEFAULT true, -- false: one association alone
    capacity integer NOT NULL CHECK (capacity > 0),
    concurrency integer NOT NULL DEFAULT 4 CHECK (concurrency BETWEEN 1 AND 64),
    lifecycle text NOT NULL DEFAULT 'open' CHECK (lifecycle IN ('open', 'draining', 'retired')),
    health text NOT NULL DEFAULT 'ok' CHECK (health IN ('ok', 'unreachable', 'throttled', 'maintenance', 'unauthorized')),
    health_since timestamptz NOT NULL DEFAULT now(),
    paused_until timestamptz,             -- nobody calls it before
    failures integer NOT NULL DEFAULT 0,  -- answers of 5xx or none at all, in a row
    isolated boolean NOT NULL DEFAULT false,     -- isolation was read back on it
    silent boolean NOT NULL DEFAULT false,       -- "no welcome mail" was read back on it
    templates jsonb NOT NULL DEFAULT '{}',       -- language → path of the template tree that was read back on it
    warnings text[] NOT NULL DEFAULT '{}',
    checked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- So many calls' worth of work on a host at once, whichever process has it; number 0 is kept for what a person waits for.
CREATE TABLE host_slots (
    host_id bigint NOT NULL REFERENCES hosts ON DELETE CASCADE,
    number integer NOT NULL,
    holder text,
    expires_at timestamptz,
    PRIMARY KEY (host_id, number)
);

CREATE TABLE spaces (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id text NOT NULL UNIQUE,
    application_id bigint NOT NULL UNIQUE REFERENCES applications,
    person_id bigint REFERENCES people,   -- the lead; null once the space is forgotten
    host_id bigint REFERENCES hosts,
    state text NOT NULL CHECK (state IN ('queued', 'provisioning', 'ready', 'active', 'suspended', 'closing', 'deleting', 'closed')),
    name text NOT NULL,                   -- the association's
    slug text NOT NULL UNIQUE,            -- over all spaces ever
    lang text NOT NULL CHECK (lang IN ('fr', 'en')),
    suite text NOT NULL,
    total_bytes bigint NOT NULL,
    account_limit integer NOT NULL,
    personal_bytes bigint NOT NULL,
    mount_point text,                     -- shown to people; null until chosen
    group_made boolean NOT NULL DEFAULT false,   -- recorded as ours
    folder_id bigint,                     -- recorded as ours
    folder_bytes bigint,                  -- the quota last known to be set; null while unknown
    twins boolean NOT NULL DEFAULT false, -- a call that makes a folder had an unknown outcome: others of its name may stand
    recheck_at timestamptz,               -- a call had an unknown outcome: from then on it can no longer land, look once more
    late_bytes bigint,                    -- the largest quota of the folder that such a call may set until then
    blocked_step text,
    blocked_cause text,                   -- a bounded code, see provisioning.Cause
    blocked_detail jsonb,                 -- call, status, OCS code: never a message
    blocked_at timestamptz,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    claimed_until timestamptz,            -- the tick has put it on the queue: not again before
    lease_holder text,
    lease_number bigint NOT NULL DEFAULT 0, -- fencing: grows with each lease
    lease_expires_at timestamptz,
    mail_trouble text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    ready_at timestamptz,
    active_at timestamptz,
    closing_at timestamptz,
    closed_at timestamptz,
    forgotten_at timestamptz,             -- neither this row nor those below it tell any more who was in it
    CHECK ((blocked_step IS NULL) = (blocked_cause IS NULL))
);
CREATE UNIQUE INDEX spaces_mount ON spaces (host_id, lower(mount_point)) WHERE state <> 'closed';
CREATE INDEX spaces_closed ON spaces (closed_at) WHERE state = 'closed' AND forgotten_at IS NULL;
CREATE INDEX spaces_host ON spaces (host_id, state);
CREATE INDEX spaces_person ON spaces (person_id);
CREATE INDEX spaces_working ON spaces (next_try_at) WHERE state IN ('queued', 'provisioning', 'deleting') AND blocked_step IS NULL;
CREATE INDEX spaces_recheck ON spaces (recheck_at) WHERE recheck_at IS NOT NULL;
CREATE INDEX spaces_blocked ON spaces (host_id, blocked_cause) WHERE blocked_step IS NOT NULL;

-- One row for each idempotent effect that a space asked of its host.
CREATE TABLE steps (
    space_id bigint NOT NULL REFERENCES spaces ON DELETE CASCADE,
    account_id bigint NOT NULL DEFAULT 0, -- 0: the space's own
    step text NOT NULL,                   -- e.g. 'group', 'seed.copy', 'close.folder', 'account.create'
    state text NOT NULL CHECK (state IN ('intended', 'refused', 'done')),
    intent text NOT NULL DEFAULT '',      -- the exact id that was asked for
    doubted boolean NOT NULL DEFAULT false, -- its call of unknown outcome is reckoned with in spaces.recheck_at
    attempts integer NOT NULL DEFAULT 0,  -- that failed; waiting is not counted
    last_cause text,
    started_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    PRIMARY KEY (space_id, account_id, step)
);

CREATE TABLE accounts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    space_id bigint NOT NULL REFERENCES spaces,
    host_id bigint REFERENCES hosts,      -- null until the space is placed
    login text,                           -- null until chosen, then kept until the space is forgotten
    name text NOT NULL,
    email text NOT NULL,
    lang text NOT NULL CHECK (lang IN ('fr', 'en')),
    role text NOT NULL CHECK (role IN ('lead', 'member')),
    state text NOT NULL CHECK (state IN ('invited', 'active', 'disabled', 'removing', 'removed')),
    made boolean NOT NULL DEFAULT false,  -- stands on the host, recorded as ours
    wanted text CHECK (wanted IN ('create', 'disable', 'enable', 'remove')), -- what the host has still to be told
    mail_trouble text NOT NULL DEFAULT '',
    invited_by bigint REFERENCES people ON DELETE SET NULL,
    invited_at timestamptz NOT NULL DEFAULT now(),
    lapses_at timestamptz,
    activated_at timestamptz,
    claimed_until timestamptz,            -- one post at a time sets its password on the host
    removed_at timestamptz
);
CREATE UNIQUE INDEX accounts_login ON accounts (host_id, lower(login));
CREATE INDEX accounts_login_like ON accounts (host_id, lower(login) text_pattern_ops);
CREATE UNIQUE INDEX accounts_member ON accounts (space_id, lower(email)) WHERE state <> 'removed';
CREATE UNIQUE INDEX accounts_lead ON accounts (space_id) WHERE role = 'lead' AND state <> 'removed';
CREATE INDEX accounts_wanted ON accounts (space_id) WHERE wanted IS NOT NULL;
CREATE INDEX accounts_lapsing ON accounts (lapses_at) WHERE state = 'invited';

-- The latest reading of each space.
CREATE TABLE readings (
    space_id bigint PRIMARY KEY REFERENCES spaces ON DELETE CASCADE,
    quota_bytes bigint NOT NULL,          -- of the Team folder
    used_bytes bigint NOT NULL,           -- of the Team folder
    accounts integer NOT NULL,            -- members of the group, as the host counts them
    read_at timestamptz NOT NULL
);

-- +goose Down
DROP TABLE readings, accounts, steps, spaces, host_slots, hosts;
