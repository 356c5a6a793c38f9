-- The referenced support providers: what the public directory shows, the proof behind it, who belongs to each, when they rest.

-- +goose Up
CREATE TABLE providers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id text NOT NULL UNIQUE,       -- opaque; who knows it may follow the organisation's own application
    slug text NOT NULL UNIQUE,            -- of its page in the directory; kept for ever
    form_key text NOT NULL UNIQUE,        -- of the form that made it: a double click makes one
    state text NOT NULL CHECK (state IN ('applied', 'listed', 'paused', 'refused')),
    name text NOT NULL,
    structure text NOT NULL CHECK (structure IN ('association', 'cooperative', 'micro_enterprise', 'company', 'collective')),
    people integer NOT NULL CHECK (people > 0), -- who work there
    town text NOT NULL,
    region text NOT NULL,                 -- of the town
    everywhere boolean NOT NULL DEFAULT false, -- goes on site in every region
    regions text[] NOT NULL DEFAULT '{}', -- where it goes on site
    on_site boolean NOT NULL,
    remote boolean NOT NULL,              -- reaches every region
    kinds text[] NOT NULL CHECK (cardinality(kinds) > 0),
    sizes text[] NOT NULL CHECK (cardinality(sizes) > 0),
    languages text[] NOT NULL CHECK (cardinality(languages) > 0),
    chatons boolean NOT NULL DEFAULT false,
    presentation text NOT NULL,
    free_offer text NOT NULL,             -- what it does for nothing
    quoted_offer text NOT NULL,           -- what it does on quote
    website text NOT NULL DEFAULT '',
    contact_name text NOT NULL,           -- of the person who applied; not public
    contact_email text NOT NULL,          -- public once listed
    contact_phone text NOT NULL DEFAULT '',
    lang text NOT NULL CHECK (lang IN ('fr', 'en')), -- of the mails before it has members
    capacity integer NOT NULL CHECK (capacity BETWEEN 0 AND 500), -- places: associations at once
    confirmed_at timestamptz,             -- the address; an application counts from then on
    question text NOT NULL DEFAULT '',    -- the team's, while it waits for an answer
    asked_at timestamptz,
    refuse_reason text NOT NULL DEFAULT '',
    decided_at timestamptz,
    listed_at timestamptz,
    profile_confirmed_at timestamptz,     -- by the provider, once a year
    profile_asked_at timestamptz,         -- the yearly question was mailed
    proposed_at timestamptz,              -- the last time that a space was put to it: who waits longest comes first when equal
    search text NOT NULL DEFAULT '',      -- in lower case, without accents
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX providers_state ON providers (state);

-- What the listing is granted on.
CREATE TABLE provider_projects (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider_id bigint NOT NULL REFERENCES providers ON DELETE CASCADE,
    association text NOT NULL,            -- with which association
    year integer NOT NULL,
    summary text NOT NULL,                -- what was done
    proof text NOT NULL DEFAULT '',       -- an address, or who can be asked; for the team alone
    public boolean NOT NULL DEFAULT true, -- the association agreed to be named
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX provider_projects_provider ON provider_projects (provider_id);

-- The exchange between the team and an organisation about its application, until it is listed.
CREATE TABLE provider_notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider_id bigint NOT NULL REFERENCES providers ON DELETE CASCADE,
    by_team boolean NOT NULL,
    body text NOT NULL,
    form_key text UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX provider_notes_provider ON provider_notes (provider_id, id);

CREATE TABLE provider_members (
    provider_id bigint NOT NULL REFERENCES providers ON DELETE CASCADE,
    person_id bigint NOT NULL REFERENCES people ON DELETE CASCADE,
    manager boolean NOT NULL DEFAULT false, -- may change the profile and the members
    name text NOT NULL DEFAULT '', -- as whoever added them wrote it: what else is known of an address is not the provider's
    invited_at timestamptz NOT NULL DEFAULT now(), -- by the latest mail
    joined_at timestamptz, -- null: nobody has shown that the address is the one that was meant; they take no part yet
    PRIMARY KEY (provider_id, person_id)
);
CREATE INDEX provider_members_person ON provider_members (person_id);

-- Rests, begun or announced: holidays, too much work, a profile that nobody confirmed. Their time does not count.
CREATE TABLE provider_pauses (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider_id bigint NOT NULL REFERENCES providers ON DELETE CASCADE,
    from_at timestamptz NOT NULL,
    until_at timestamptz,                 -- null: until somebody ends it
    cause text NOT NULL CHECK (cause IN ('holidays', 'full', 'profile', 'team', 'other')),
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (until_at IS NULL OR until_at > from_at)
);
CREATE INDEX provider_pauses_provider ON provider_pauses (provider_id, from_at);

ALTER TABLE links DROP CONSTRAINT links_purpose_check;
ALTER TABLE links ADD CONSTRAINT links_purpose_check CHECK (purpose IN ('confirm', 'sign_in', 'activate', 'password',
    'provider_confirm', 'profile', 'proposal', 'ticket', 'held', 'address'));

-- +goose Down
DELETE FROM links WHERE purpose NOT IN ('confirm', 'sign_in', 'activate', 'password');
ALTER TABLE links DROP CONSTRAINT links_purpose_check;
ALTER TABLE links ADD CONSTRAINT links_purpose_check CHECK (purpose IN ('confirm', 'sign_in', 'activate', 'password'));
DROP TABLE provider_pauses, provider_members, provider_notes, provider_projects, providers;
