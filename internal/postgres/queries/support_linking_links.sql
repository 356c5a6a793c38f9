-- Links between spaces and providers. All that return links list the same columns; a provider out of the directory has no page, and no slug.

-- name: LinkingLink :one
SELECT l.id, l.public_id, l.space_id, s.public_id AS space_public_id, s.name AS space_name, s.lang AS space_lang,
       l.provider_id, p.name AS provider_name, CASE WHEN p.state IN ('listed', 'paused') THEN p.slug ELSE '' END::text AS provider_slug, l.state, l.origin, l.region, l.kinds, l.mode, l.size,
       l.words, l.summary, l.proposed_at, l.due_at, l.answered_at, l.decline_reason, l.ended_at, l.ended_by, l.end_reason,
       l.team_reason
FROM support_links l JOIN spaces s ON s.id = l.space_id JOIN providers p ON p.id = l.provider_id
WHERE l.id = @id;

-- name: LinkingLinkByPublicID :one
SELECT l.id, l.public_id, l.space_id, s.public_id AS space_public_id, s.name AS space_name, s.lang AS space_lang,
       l.provider_id, p.name AS provider_name, CASE WHEN p.state IN ('listed', 'paused') THEN p.slug ELSE '' END::text AS provider_slug, l.state, l.origin, l.region, l.kinds, l.mode, l.size,
       l.words, l.summary, l.proposed_at, l.due_at, l.answered_at, l.decline_reason, l.ended_at, l.ended_by, l.end_reason,
       l.team_reason
FROM support_links l JOIN spaces s ON s.id = l.space_id JOIN providers p ON p.id = l.provider_id
WHERE l.public_id = @public_id;

-- name: LinkingLinksOfSpaces :many
SELECT l.id, l.public_id, l.space_id, s.public_id AS space_public_id, s.name AS space_name, s.lang AS space_lang,
       l.provider_id, p.name AS provider_name, CASE WHEN p.state IN ('listed', 'paused') THEN p.slug ELSE '' END::text AS provider_slug, l.state, l.origin, l.region, l.kinds, l.mode, l.size,
       l.words, l.summary, l.proposed_at, l.due_at, l.answered_at, l.decline_reason, l.ended_at, l.ended_by, l.end_reason,
       l.team_reason
FROM support_links l JOIN spaces s ON s.id = l.space_id JOIN providers p ON p.id = l.provider_id
WHERE l.space_id = ANY(@space_ids::bigint[])
ORDER BY l.id DESC;

-- name: LinkingLinksOfProvider :many
SELECT l.id, l.public_id, l.space_id, s.public_id AS space_public_id, s.name AS space_name, s.lang AS space_lang,
       l.provider_id, p.name AS provider_name, CASE WHEN p.state IN ('listed', 'paused') THEN p.slug ELSE '' END::text AS provider_slug, l.state, l.origin, l.region, l.kinds, l.mode, l.size,
       l.words, l.summary, l.proposed_at, l.due_at, l.answered_at, l.decline_reason, l.ended_at, l.ended_by, l.end_reason,
       l.team_reason
FROM support_links l JOIN spaces s ON s.id = l.space_id JOIN providers p ON p.id = l.provider_id
WHERE l.provider_id = @provider_id AND l.state = ANY(@states::text[])
ORDER BY l.id DESC;

-- name: LinkingAll :many
SELECT l.id, l.public_id, l.space_id, s.public_id AS space_public_id, s.name AS space_name, s.lang AS space_lang,
       l.provider_id, p.name AS provider_name, CASE WHEN p.state IN ('listed', 'paused') THEN p.slug ELSE '' END::text AS provider_slug, l.state, l.origin, l.region, l.kinds, l.mode, l.size,
       l.words, l.summary, l.proposed_at, l.due_at, l.answered_at, l.decline_reason, l.ended_at, l.ended_by, l.end_reason,
       l.team_reason
FROM support_links l JOIN spaces s ON s.id = l.space_id JOIN providers p ON p.id = l.provider_id
WHERE l.id < @before AND l.state = ANY(@states::text[])
ORDER BY l.id DESC LIMIT @up_to;

-- Nobody is helped any more, or nobody helps.
-- name: LinkingOrphans :many
SELECT l.id, l.public_id, l.space_id, s.public_id AS space_public_id, s.name AS space_name, s.lang AS space_lang,
       l.provider_id, p.name AS provider_name, CASE WHEN p.state IN ('listed', 'paused') THEN p.slug ELSE '' END::text AS provider_slug, l.state, l.origin, l.region, l.kinds, l.mode, l.size,
       l.words, l.summary, l.proposed_at, l.due_at, l.answered_at, l.decline_reason, l.ended_at, l.ended_by, l.end_reason,
       l.team_reason
FROM support_links l JOIN spaces s ON s.id = l.space_id JOIN providers p ON p.id = l.provider_id
WHERE l.state IN ('proposed', 'accepted') AND (s.state IN ('closing', 'deleting', 'closed') OR p.state = 'refused')
ORDER BY l.id LIMIT @up_to;

-- name: LinkingRequests :many
SELECT l.id, s.suite, (SELECT count(*) FROM accounts a
                       WHERE a.space_id = s.id AND a.state IN ('invited', 'active', 'disabled'))::bigint AS accounts
FROM support_links l JOIN spaces s ON s.id = l.space_id
WHERE l.id = ANY(@ids::bigint[]);

-- name: LinkingInsertLink :one
INSERT INTO support_links (public_id, space_id, provider_id, state, origin, region, kinds, mode, size, words, summary,
                           proposed_at, due_at, remind_at, answered_at, team_reason)
VALUES (@public_id, @space_id, @provider_id, @state, @origin, @region, @kinds::text[], @mode, @size, @words, @summary,
        @proposed_at, @due_at, @remind_at, @answered_at, @team_reason)
RETURNING id;

-- What is not given stays as it is.
-- name: LinkingMove :execrows
UPDATE support_links
SET state = @to_state, answered_at = coalesce(sqlc.narg(answered_at), answered_at),
    answered_by = coalesce(sqlc.narg(answered_by), answered_by),
    decline_reason = CASE @decline_reason::text WHEN '' THEN decline_reason ELSE @decline_reason::text END,
    ended_at = coalesce(sqlc.narg(ended_at), ended_at),
    ended_by = CASE @ended_by::text WHEN '' THEN ended_by ELSE @ended_by::text END,
    end_reason = CASE @end_reason::text WHEN '' THEN end_reason ELSE @end_reason::text END,
    summary = CASE @summary::text WHEN '' THEN summary ELSE @summary::text END,
    team_reason = CASE @team_reason::text WHEN '' THEN team_reason ELSE @team_reason::text END
WHERE id = @id AND state = @from_state;

-- name: LinkingPendings :many
SELECT l.id, l.space_id, l.provider_id, l.proposed_at, l.due_at, l.remind_at,
       coalesce(array_agg(r.from_at ORDER BY r.id) FILTER (WHERE r.id IS NOT NULL), '{}')::timestamptz[] AS rests_from,
       coalesce(array_agg(coalesce(r.until_at, '0001-01-01 00:00:00Z') ORDER BY r.id) FILTER (WHERE r.id IS NOT NULL), '{}')::timestamptz[]
           AS rests_until
FROM support_links l
LEFT JOIN provider_pauses r ON r.provider_id = l.provider_id AND (r.until_at IS NULL OR r.until_at > l.proposed_at)
WHERE l.state = 'proposed'
GROUP BY l.id
ORDER BY l.id;

-- name: LinkingOverdue :many
SELECT l.id, l.space_id, l.provider_id, l.proposed_at, l.due_at, l.remind_at FROM support_links l
WHERE l.state = 'proposed' AND l.due_at <= @now::timestamptz
ORDER BY l.due_at, l.id LIMIT @up_to;

-- name: LinkingSetDue :execrows
UPDATE support_links
SET due_at = @due_at, remind_at = @remind_at,
    reminded_at = CASE WHEN @remind_at > @now::timestamptz OR @remind_at IS NULL THEN NULL ELSE reminded_at END
WHERE id = @id AND state = 'proposed';

-- name: LinkingClaimReminder :many
UPDATE support_links SET reminded_at = @now::timestamptz
WHERE id = (SELECT l.id FROM support_links l
            WHERE l.state = 'proposed' AND l.reminded_at IS NULL AND l.remind_at <= @now::timestamptz
              AND l.due_at > @now::timestamptz
            ORDER BY l.remind_at, l.id LIMIT 1
            FOR UPDATE SKIP LOCKED)
  AND state = 'proposed' AND reminded_at IS NULL
RETURNING id;

-- The silence of a provider begins with the first proposal that lapsed since it last answered one.
-- name: LinkingLoads :many
SELECT p.id, p.public_id, p.name, p.capacity,
       count(l.id) FILTER (WHERE l.state = 'proposed') AS proposed,
       count(l.id) FILTER (WHERE l.state = 'accepted') AS current,
       count(l.id) FILTER (WHERE l.state = 'lapsed' AND l.ended_at > @since::timestamptz) AS lapsed,
       count(l.id) FILTER (WHERE l.state = 'declined' AND l.ended_by = '' AND l.answered_at > @since::timestamptz) AS declined,
       coalesce((SELECT min(m.proposed_at) FROM support_links m
                 WHERE m.provider_id = p.id AND m.state = 'lapsed' AND m.ended_at > coalesce(
                     (SELECT max(a.answered_at) FROM support_links a WHERE a.provider_id = p.id), '-infinity')),
                '0001-01-01 00:00:00Z')::timestamptz AS silent_since,
       (p.state = 'paused' OR EXISTS (SELECT 1 FROM provider_pauses r
                                      WHERE r.provider_id = p.id AND r.from_at <= @now::timestamptz
                                        AND (r.until_at IS NULL OR r.until_at > @now::timestamptz)))::boolean AS paused
FROM providers p LEFT JOIN support_links l ON l.provider_id = p.id
WHERE p.state IN ('listed', 'paused')
GROUP BY p.id
ORDER BY p.name, p.id;

-- name: LinkingStates :many
SELECT state, count(*) FROM support_links GROUP BY state;

-- name: LinkingStances :many
SELECT CASE WHEN linked THEN 'linked' WHEN waiting THEN 'waiting' ELSE stance END::text AS stance, count(*)
FROM (SELECT coalesce(q.stance, 'choosing') AS stance,
             EXISTS (SELECT 1 FROM support_links l WHERE l.space_id = s.id AND l.state = 'accepted') AS linked,
             EXISTS (SELECT 1 FROM support_links l WHERE l.space_id = s.id AND l.state = 'proposed') AS waiting
      FROM spaces s LEFT JOIN support_searches q ON q.space_id = s.id
      WHERE s.state IN ('ready', 'active')) AS stances
GROUP BY 1;

-- name: LinkingPlaces :one
SELECT coalesce(sum(p.capacity), 0)::bigint AS places,
       (SELECT count(*) FROM support_links l JOIN providers h ON h.id = l.provider_id
        WHERE h.state IN ('listed', 'paused') AND l.state IN ('proposed', 'accepted'))::bigint AS taken,
       (SELECT coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM l.answered_at - l.proposed_at)), 0)
        FROM support_links l WHERE l.answered_at > @since::timestamptz AND l.origin <> 'team')::float8 AS answer_seconds
FROM providers p WHERE p.state IN ('listed', 'paused');
