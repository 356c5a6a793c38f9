-- Searches: the spaces that look for a provider, and what can be proposed to them.

-- A space without a search has the needs that its application tells.
-- name: LinkingSeekers :many
SELECT s.id, s.state AS space_state, s.lang AS space_lang, coalesce(p.id, 0)::bigint AS lead_id,
       coalesce(p.email, '')::text AS lead_email, coalesce(p.lang, '')::text AS lead_lang,
       a.expected_accounts,
       coalesce(q.region, a.region)::text AS region, coalesce(q.kinds, a.help)::text[] AS kinds,
       coalesce(q.mode, 'any')::text AS mode, coalesce(q.size, '')::text AS size, coalesce(q.words, '')::text AS words,
       coalesce(q.stance, 'choosing')::text AS stance, q.round_at, q.ask_at, coalesce(q.seeking, false)::boolean AS seeking
FROM spaces s
JOIN applications a ON a.id = s.application_id
LEFT JOIN support_searches q ON q.space_id = s.id
LEFT JOIN people p ON p.id = s.person_id
WHERE s.id = ANY(@ids::bigint[])
ORDER BY s.id;

-- All that can be proposed, with the places that are taken: one query, whatever the number of spaces.
-- name: LinkingCandidates :many
SELECT p.id, p.public_id, p.slug, p.name, p.town, p.region, p.everywhere, p.regions, p.on_site, p.remote, p.kinds, p.sizes,
       p.languages, p.chatons, p.free_offer, p.quoted_offer, p.capacity, coalesce(t.taken, 0)::bigint AS taken, p.proposed_at
FROM providers p
LEFT JOIN (SELECT l.provider_id, count(*) AS taken FROM support_links l
           WHERE l.state IN ('proposed', 'accepted') GROUP BY l.provider_id) t ON t.provider_id = p.id
WHERE p.state = 'listed' AND p.capacity > coalesce(t.taken, 0)
  AND NOT EXISTS (SELECT 1 FROM provider_pauses r
                  WHERE r.provider_id = p.id AND r.from_at <= @now::timestamptz
                    AND (r.until_at IS NULL OR r.until_at > @now::timestamptz))
ORDER BY p.id;

-- name: LinkingProviderID :one
SELECT id FROM providers WHERE public_id = @public_id AND state IN ('listed', 'paused');

-- The count is a statement of its own, after the lock: in the same one it would be of the time before the wait.
-- name: LinkingLockProvider :one
SELECT p.state, p.capacity, EXISTS (SELECT 1 FROM provider_pauses r
                                    WHERE r.provider_id = p.id AND r.from_at <= @now::timestamptz
                                      AND (r.until_at IS NULL OR r.until_at > @now::timestamptz)) AS resting
FROM providers p WHERE p.id = @id FOR NO KEY UPDATE OF p;

-- name: LinkingTaken :one
SELECT count(*) FROM support_links WHERE provider_id = @provider_id AND state IN ('proposed', 'accepted');

-- name: LinkingNoteProposed :exec
UPDATE providers SET proposed_at = @at::timestamptz WHERE id = @id;

-- name: LinkingMembers :many
SELECT p.id, p.email, p.lang, (v.state IN ('listed', 'paused'))::boolean AS helps
FROM provider_members m JOIN people p ON p.id = m.person_id JOIN providers v ON v.id = m.provider_id
WHERE m.provider_id = @provider_id AND m.joined_at IS NOT NULL ORDER BY p.id;

-- name: LinkingRests :many
SELECT from_at, until_at FROM provider_pauses
WHERE provider_id = @provider_id AND (until_at IS NULL OR until_at > @since::timestamptz)
ORDER BY from_at;

-- The kinds of each come as JSON: unnest would take a list of lists apart altogether.
-- name: LinkingBegin :many
INSERT INTO support_searches (space_id, region, kinds, mode, size, words, stance, round_at, looked_at, created_at, updated_at)
SELECT b.space_id, b.region, ARRAY(SELECT jsonb_array_elements_text(b.kinds::jsonb)), b.mode, b.size, b.words, b.stance,
       @at::timestamptz, @at::timestamptz, @at::timestamptz, @at::timestamptz
FROM (SELECT unnest(@space_ids::bigint[]) AS space_id, unnest(@regions::text[]) AS region, unnest(@kinds::text[]) AS kinds,
             unnest(@modes::text[]) AS mode, unnest(@sizes::text[]) AS size, unnest(@words::text[]) AS words,
             unnest(@stances::text[]) AS stance) AS b
ORDER BY b.space_id
ON CONFLICT (space_id) DO NOTHING
RETURNING space_id;

-- name: LinkingLockSearch :one
SELECT space_id FROM support_searches WHERE space_id = @space_id FOR UPDATE;

-- name: LinkingTryLockSearch :many
SELECT space_id FROM support_searches WHERE space_id = @space_id FOR UPDATE SKIP LOCKED;

-- name: LinkingWriteSearch :exec
UPDATE support_searches
SET stance = @stance, round_at = @round_at, ask_at = @ask_at, seeking = @seeking, looked_at = @now, updated_at = @now
WHERE space_id = @space_id;

-- name: LinkingWriteNeeds :exec
UPDATE support_searches
SET region = @region, kinds = @kinds::text[], mode = @mode, size = @size, words = @words, updated_at = @now
WHERE space_id = @space_id;

-- name: LinkingWriteLinkNeeds :exec
UPDATE support_links SET region = @region, kinds = @kinds::text[], mode = @mode, size = @size
WHERE space_id = @space_id AND state IN ('proposed', 'accepted');

-- name: LinkingTurn :many
WITH chosen AS MATERIALIZED (
    SELECT q.space_id FROM support_searches q
    WHERE q.space_id = ANY(@ids::bigint[]) AND q.stance = @from_stance::text AND NOT q.seeking
      AND (q.stance <> 'later' OR q.ask_at <= @now::timestamptz)
      AND NOT EXISTS (SELECT 1 FROM support_links l WHERE l.space_id = q.space_id AND l.state IN ('proposed', 'accepted'))
    ORDER BY q.space_id
    FOR UPDATE SKIP LOCKED)
UPDATE support_searches q
SET stance = @to_stance::text, ask_at = NULL, looked_at = @now::timestamptz, updated_at = @now::timestamptz,
    round_at = CASE WHEN @from_stance::text = @to_stance::text THEN q.round_at ELSE @now::timestamptz END
FROM chosen WHERE q.space_id = chosen.space_id
RETURNING q.space_id;

-- name: LinkingUnbegun :many
SELECT s.id FROM spaces s
WHERE s.state IN ('ready', 'active') AND NOT EXISTS (SELECT 1 FROM support_searches q WHERE q.space_id = s.id)
ORDER BY s.id LIMIT @up_to;

-- name: LinkingAskable :many
SELECT q.space_id FROM support_searches q JOIN spaces s ON s.id = q.space_id
WHERE q.stance = 'later' AND q.ask_at <= @now::timestamptz AND s.state IN ('ready', 'active')
ORDER BY q.ask_at LIMIT @up_to;

-- name: LinkingUnlooked :many
SELECT q.space_id FROM support_searches q JOIN spaces s ON s.id = q.space_id
WHERE q.stance = 'choosing' AND q.looked_at <= @before::timestamptz AND NOT q.seeking AND s.state IN ('ready', 'active')
  AND NOT EXISTS (SELECT 1 FROM support_links l WHERE l.space_id = q.space_id AND l.state IN ('proposed', 'accepted'))
ORDER BY q.looked_at LIMIT @up_to;

-- name: LinkingSeeking :many
SELECT q.space_id FROM support_searches q JOIN spaces s ON s.id = q.space_id
WHERE q.seeking AND s.state IN ('ready', 'active')
ORDER BY q.updated_at, q.space_id LIMIT @up_to;

-- What people wrote about a space's support goes with all else that tells who was in it, and the search itself with it: that
-- it is there still tells that nothing was forgotten yet.
-- name: LinkingForgettable :many
SELECT s.id FROM spaces s
WHERE s.forgotten_at IS NOT NULL
  AND (EXISTS (SELECT 1 FROM support_searches q WHERE q.space_id = s.id)
       OR EXISTS (SELECT 1 FROM support_links l WHERE l.space_id = s.id
                  AND (l.words, l.summary, l.decline_reason, l.end_reason, l.team_reason) <> ('', '', '', '', '')))
ORDER BY s.id LIMIT @up_to;

-- name: LinkingForgetSearches :exec
DELETE FROM support_searches WHERE space_id = ANY(@ids::bigint[]);

-- name: LinkingForgetLinks :many
UPDATE support_links SET words = '', summary = '', decline_reason = '', end_reason = '', team_reason = ''
WHERE space_id = ANY(@ids::bigint[])
RETURNING id;

-- Many mails at once; those that exist already are left out.
-- name: LinkingInsertMails :many
INSERT INTO mails (event, template, recipient, lang, ref_id, message_id)
SELECT unnest(@events::text[]), unnest(@templates::text[]), unnest(@recipients::text[]), unnest(@langs::text[]),
       unnest(@refs::bigint[]), unnest(@message_ids::text[])
ON CONFLICT (event, recipient) DO NOTHING
RETURNING id;

-- Spaces that nobody helps; all of them when no stance is asked for.
-- name: LinkingUnlinked :many
SELECT id, public_id, name, stance, round_at, ask_at
FROM (SELECT s.id, s.public_id, s.name, q.round_at, q.ask_at,
             CASE WHEN EXISTS (SELECT 1 FROM support_links l WHERE l.space_id = s.id AND l.state = 'proposed') THEN 'waiting'
                  ELSE coalesce(q.stance, 'choosing') END::text AS stance
      FROM spaces s LEFT JOIN support_searches q ON q.space_id = s.id
      WHERE s.state IN ('ready', 'active') AND s.id < @before
        AND NOT EXISTS (SELECT 1 FROM support_links l WHERE l.space_id = s.id AND l.state = 'accepted')) AS unlinked
WHERE @stance::text IN ('', stance)
ORDER BY id DESC LIMIT @up_to;
