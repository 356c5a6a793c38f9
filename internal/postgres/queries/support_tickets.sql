-- Of what the team holds nobody looks after who left it.
-- name: TicketRows :many
SELECT sqlc.embed(t), s.public_id AS space_public_id, s.name AS space_name, s.state AS space_state,
       coalesce(p.name, '')::text AS provider_name, coalesce(o.name, '')::text AS opened_name,
       coalesce(c.name, '')::text AS consent_name, coalesce(nullif(b.name, ''), a.name, '')::text AS assignee_name,
       coalesce((SELECT h.from_at FROM ticket_tenures h WHERE h.ticket_id = t.id AND h.until_at IS NULL AND h.after_id > 0),
                '0001-01-01 00:00:00+00')::timestamptz AS taken_over_at -- Go's zero
FROM tickets t
JOIN spaces s ON s.id = t.space_id
LEFT JOIN providers p ON p.id = t.provider_id
LEFT JOIN people o ON o.id = t.opened_by
LEFT JOIN people c ON c.id = t.consent_by
LEFT JOIN people a ON a.id = t.assignee_id AND (a.staff_role IS NOT NULL OR t.provider_id IS NOT NULL AND NOT t.escalated)
LEFT JOIN provider_members b ON b.provider_id = t.provider_id AND b.person_id = a.id AND a.staff_role IS NULL
WHERE t.id = ANY(@ids::bigint[])
ORDER BY t.id;

-- name: TicketID :one
SELECT id FROM tickets WHERE public_id = @public_id;

-- name: TicketIDByKey :one
SELECT id FROM tickets WHERE form_key = @form_key;

-- name: LockTickets :many
SELECT id FROM tickets WHERE id = ANY(@ids::bigint[]) ORDER BY id FOR NO KEY UPDATE;

-- name: LockTicketsOf :many
SELECT id FROM tickets WHERE space_id = @space_id ORDER BY id FOR NO KEY UPDATE;

-- Whoever changes them waits, as one who opens a ticket waits for a change that is under way.
-- name: LockTicketSearch :exec
SELECT space_id FROM support_searches WHERE space_id = @space_id FOR SHARE;

-- name: LockTicketLinks :exec
SELECT id FROM support_links WHERE space_id = @space_id AND state IN ('proposed', 'accepted') ORDER BY id FOR SHARE;

-- Asked after the locks are there: a statement sees what was committed before it began.
-- name: TicketProvider :one
SELECT l.provider_id FROM support_links l JOIN providers p ON p.id = l.provider_id
WHERE l.space_id = @space_id AND l.state = 'accepted' AND p.state IN ('listed', 'paused')
FOR SHARE OF l;

-- name: TicketProviderName :one
SELECT p.name FROM support_links l JOIN providers p ON p.id = l.provider_id
WHERE l.space_id = @space_id AND l.state = 'accepted' AND p.state IN ('listed', 'paused');

-- name: InsertTicket :many
INSERT INTO tickets (public_id, form_key, space_id, provider_id, kind, title, urgent, state, opened_by, opened_via, consent_at,
                     consent_by, created_at, updated_at, answer_left, answer_since, answer_due_at, answer_remind_at, solve_left,
                     running_since, solve_due_at, solve_remind_at, reckoned_with)
VALUES (@public_id, @form_key, @space_id, sqlc.narg(provider_id), @kind, @title, @urgent, @state, sqlc.narg(opened_by), @opened_via,
        sqlc.narg(consent_at), sqlc.narg(consent_by), @at, @at, @answer_left, sqlc.narg(answer_since), sqlc.narg(answer_due_at),
        sqlc.narg(answer_remind_at), @solve_left, sqlc.narg(running_since), sqlc.narg(solve_due_at), sqlc.narg(solve_remind_at),
        @reckoned_with)
ON CONFLICT (form_key) DO NOTHING
RETURNING id;

-- name: UpdateTicket :execrows
UPDATE tickets
SET provider_id = sqlc.narg(provider_id), escalated = @escalated, state = @state, assignee_id = sqlc.narg(assignee_id),
    consent_at = sqlc.narg(consent_at), consent_by = sqlc.narg(consent_by), consent_revoked_at = sqlc.narg(consent_revoked_at),
    updated_at = @updated_at, answered_at = sqlc.narg(answered_at), answer_left = @answer_left, answer_worked = @answer_worked,
    answer_since = sqlc.narg(answer_since), answer_due_at = sqlc.narg(answer_due_at),
    answer_remind_at = sqlc.narg(answer_remind_at), answer_reminded_at = sqlc.narg(answer_reminded_at),
    solve_left = @solve_left, worked = @worked, running_since = sqlc.narg(running_since), solve_due_at = sqlc.narg(solve_due_at),
    solve_remind_at = sqlc.narg(solve_remind_at), solve_reminded_at = sqlc.narg(solve_reminded_at),
    reckoned_with = @reckoned_with, waiting_since = sqlc.narg(waiting_since), nudges = @nudges,
    solved_at = sqlc.narg(solved_at), closed_at = sqlc.narg(closed_at)
WHERE id = @id AND state = @in_state;

-- name: TicketHelper :one
SELECT s.state, coalesce(s.person_id, 0)::bigint AS lead_id,
       EXISTS (SELECT 1 FROM space_coleads c JOIN accounts a ON a.id = c.account_id
               WHERE c.space_id = s.id AND c.person_id = @person_id AND a.state = 'active')::boolean AS colead
FROM spaces s
WHERE s.id = @space_id;

-- Of a provider that the team took out of the directory nobody takes part, even before its links end; nor who was named by an
-- address alone: a co-lead shows that it is theirs by activating the account, a member by joining.
-- name: TicketMembers :many
SELECT m.side, m.lead, p.id, p.email, coalesce(nullif(m.name, ''), p.name)::text AS name, p.lang, p.staff_role, p.totp_confirmed_at,
       (t.opened_by IS NOT DISTINCT FROM p.id OR EXISTS (
           SELECT 1 FROM ticket_messages w WHERE w.ticket_id = t.id AND w.author_id = p.id))::boolean AS wrote,
       ARRAY(SELECT x.email FROM person_addresses x WHERE x.person_id = p.id ORDER BY x.id)::text[] AS other_addresses
FROM tickets t
JOIN LATERAL (
    SELECT 'space'::text AS side, true AS lead, 1 AS rank, s.person_id AS person_id, '' AS name FROM spaces s WHERE s.id = t.space_id
    UNION ALL
    SELECT 'space', false, 2, c.person_id, '' FROM space_coleads c JOIN accounts a ON a.id = c.account_id
    WHERE c.space_id = t.space_id AND a.state = 'active'
    UNION ALL
    SELECT 'team', false, 3, f.id, '' FROM people f WHERE f.staff_role IS NOT NULL
    UNION ALL
    SELECT 'provider', false, 4, b.person_id, b.name FROM provider_members b JOIN providers v ON v.id = b.provider_id
    WHERE b.provider_id = t.provider_id AND b.joined_at IS NOT NULL AND v.state IN ('listed', 'paused')
) AS m ON true
JOIN people p ON p.id = m.person_id
WHERE t.id = @id
ORDER BY m.rank, p.name, p.id;

-- name: TicketHolding :one
SELECT provider_id, after_id, summary FROM ticket_tenures WHERE ticket_id = @ticket_id AND until_at IS NULL;

-- name: TicketPauses :many
SELECT p.provider_id, p.from_at, p.until_at, pauses_mark(p.provider_id)::text AS mark FROM provider_pauses p
WHERE p.provider_id = ANY(@providers::bigint[])
ORDER BY p.provider_id, p.id;

-- name: BeginTenure :exec
INSERT INTO ticket_tenures (ticket_id, provider_id, after_id, summary, from_at)
VALUES (@ticket_id, @provider_id, @after_id, @summary, @at);

-- name: EndTenure :exec
UPDATE ticket_tenures SET until_at = @at::timestamptz WHERE ticket_id = @ticket_id AND until_at IS NULL;

-- name: TicketWasHeld :one
SELECT EXISTS (SELECT 1 FROM ticket_tenures WHERE ticket_id = @ticket_id);

-- name: IsProviderMember :one
SELECT EXISTS (SELECT 1 FROM provider_members m JOIN providers v ON v.id = m.provider_id
               WHERE m.provider_id = @provider_id AND m.person_id = @person_id AND m.joined_at IS NOT NULL
                 AND v.state IN ('listed', 'paused'));

-- name: TicketFigures :one
SELECT count(*) AS open, count(*) FILTER (WHERE least(t.answer_due_at, t.solve_due_at) < @now::timestamptz) AS late,
       count(*) FILTER (WHERE (t.provider_id IS NULL OR t.escalated) AND a.id IS NULL) AS unowned
FROM tickets t
LEFT JOIN people a ON a.id = t.assignee_id AND a.staff_role IS NOT NULL
WHERE t.state IN ('new', 'open', 'waiting');

-- name: TicketTimes :one
SELECT a.n AS answered, coalesce(a.half, 0)::float8 AS answer_p50, s.n AS solved, coalesce(s.half, 0)::float8 AS solve_p50,
       o.n AS unanswered, coalesce(o.oldest, @now::timestamptz)::timestamptz AS oldest
FROM (SELECT count(*) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY t.answer_worked) AS half
      FROM tickets t WHERE t.answered_at > @since::timestamptz) AS a,
     (SELECT count(*) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY t.worked) AS half
      FROM tickets t WHERE t.solved_at > @since::timestamptz) AS s,
     (SELECT count(*) AS n, min(t.created_at) AS oldest FROM tickets t WHERE t.state = 'new') AS o;
