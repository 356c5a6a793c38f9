-- What a space needs, and the links between spaces and providers. (The table "links" is of mailed links.)

-- +goose Up
-- Two questions of the application form, both optional; what was answered is where a space's search begins.
ALTER TABLE applications ADD COLUMN region text NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN help text[] NOT NULL DEFAULT '{}';

-- One row for each space that was ready once: its needs, and where the search for a provider stands.
CREATE TABLE support_searches (
    space_id bigint PRIMARY KEY REFERENCES spaces ON DELETE CASCADE,
    region text NOT NULL DEFAULT '',      -- '' unknown
    kinds text[] NOT NULL DEFAULT '{}',   -- none: no idea yet
    mode text NOT NULL DEFAULT 'any' CHECK (mode IN ('any', 'on_site', 'remote')),
    size text NOT NULL CHECK (size IN ('small', 'medium', 'large')),
    words text NOT NULL DEFAULT '',       -- the lead's own, told to the provider who is asked
    stance text NOT NULL DEFAULT 'choosing' CHECK (stance IN ('choosing', 'later', 'exhausted')),
    round_at timestamptz NOT NULL DEFAULT now(), -- the refusals and lapses of this round count from here
    ask_at timestamptz,                   -- 'later': when the lead is asked again
    seeking boolean NOT NULL DEFAULT false, -- a provider declined or did not answer, and the next is to be asked
    looked_at timestamptz NOT NULL DEFAULT now(), -- 'choosing': when it was last made sure that there is somebody to choose
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX support_searches_later ON support_searches (ask_at) WHERE stance = 'later';
CREATE INDEX support_searches_looked ON support_searches (looked_at) WHERE stance = 'choosing';
CREATE INDEX support_searches_seeking ON support_searches (space_id) WHERE seeking;

CREATE TABLE support_links (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id text NOT NULL UNIQUE,
    space_id bigint NOT NULL REFERENCES spaces,
    provider_id bigint NOT NULL REFERENCES providers,
    state text NOT NULL CHECK (state IN ('proposed', 'accepted', 'declined', 'lapsed', 'ended')),
    origin text NOT NULL CHECK (origin IN ('match', 'directory', 'next', 'team')),
    region text NOT NULL DEFAULT '',      -- the needs, as long as the link lives; then they stay as they were
    kinds text[] NOT NULL DEFAULT '{}',
    mode text NOT NULL DEFAULT 'any',
    size text NOT NULL DEFAULT '',
    words text NOT NULL DEFAULT '',       -- the lead's, for this provider
    summary text NOT NULL DEFAULT '',     -- of what went before, approved by the lead, for whoever takes over
    proposed_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz,                   -- proposed: lapses then; moves when the provider pauses; null: it rests without an end
    remind_at timestamptz,                -- proposed: a working day before
    reminded_at timestamptz,
    answered_at timestamptz,
    answered_by bigint REFERENCES people ON DELETE SET NULL,
    decline_reason text NOT NULL DEFAULT '', -- told to the lead
    ended_at timestamptz,
    ended_by text NOT NULL DEFAULT '' CHECK (ended_by IN ('', 'lead', 'provider', 'team', 'change', 'closing')),
    end_reason text NOT NULL DEFAULT '',
    team_reason text NOT NULL DEFAULT ''  -- of a link made by the team's hand; for the team alone
);
CREATE UNIQUE INDEX support_links_proposed ON support_links (space_id) WHERE state = 'proposed';
CREATE UNIQUE INDEX support_links_accepted ON support_links (space_id) WHERE state = 'accepted';
CREATE INDEX support_links_provider ON support_links (provider_id, state);
CREATE INDEX support_links_held ON support_links (provider_id) WHERE state IN ('proposed', 'accepted'); -- places
CREATE INDEX support_links_due ON support_links (due_at) WHERE state = 'proposed';
CREATE INDEX support_links_space ON support_links (space_id, id);

-- +goose Down
DROP TABLE support_links, support_searches;
ALTER TABLE applications DROP COLUMN region, DROP COLUMN help;
