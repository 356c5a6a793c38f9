-- The marks are made once a provider: it has many tickets.
-- name: ReckonableTickets :many
WITH marks AS MATERIALIZED (SELECT p.id, pauses_mark(p.id) AS mark FROM providers p)
SELECT t.id FROM tickets t JOIN marks m ON m.id = t.provider_id
WHERE NOT t.escalated AND (t.answer_since IS NOT NULL OR t.running_since IS NOT NULL) AND m.mark <> t.reckoned_with
ORDER BY t.id
LIMIT @up_to
FOR NO KEY UPDATE OF t SKIP LOCKED;

-- name: RemindableTickets :many
SELECT t.id FROM tickets t
WHERE t.answer_remind_at <= @now::timestamptz OR t.solve_remind_at <= @now::timestamptz
ORDER BY t.id
LIMIT @up_to
FOR NO KEY UPDATE SKIP LOCKED;

-- name: NudgeableTickets :many
SELECT t.id FROM tickets t
WHERE t.state = 'waiting' AND t.nudges < @most
  AND t.waiting_since + make_interval(days => 7 * (t.nudges + 1)) <= @now
ORDER BY t.id
LIMIT @up_to
FOR NO KEY UPDATE SKIP LOCKED;

-- name: SettledTickets :many
SELECT t.id FROM tickets t
WHERE t.state = 'solved' AND t.solved_at <= @before::timestamptz
ORDER BY t.id
LIMIT @up_to
FOR NO KEY UPDATE SKIP LOCKED;

-- name: ForgettableTickets :many
SELECT t.id FROM tickets t JOIN spaces s ON s.id = t.space_id
WHERE s.forgotten_at IS NOT NULL AND t.emptied_at IS NULL
ORDER BY t.id
LIMIT @up_to
FOR NO KEY UPDATE OF t SKIP LOCKED;

-- name: EmptyTickets :exec
UPDATE tickets SET title = '', emptied_at = @at::timestamptz WHERE id = ANY(@ids::bigint[]);

-- name: EmptyTicketLines :many
UPDATE ticket_messages SET body = CASE side WHEN 'nichoir' THEN body ELSE '' END, mail_message_id = ''
WHERE ticket_id = ANY(@tickets::bigint[])
RETURNING id;

-- name: DropTicketFiles :exec
DELETE FROM ticket_attachments WHERE message_id = ANY(@lines::bigint[]);

-- name: EmptyTenures :exec
UPDATE ticket_tenures SET summary = '' WHERE ticket_id = ANY(@tickets::bigint[]);

-- What is held still would be posted nowhere any more.
-- name: EmptyMailsOfTickets :many
UPDATE incoming_mails SET raw = NULL, sender = '', subject = '', message_id = '', body = '',
    reason = CASE outcome WHEN 'held' THEN 'lapsed' ELSE reason END, outcome = CASE outcome WHEN 'held' THEN 'dropped' ELSE outcome END
WHERE ticket_id = ANY(@tickets::bigint[])
RETURNING id;

-- name: ForgetColeads :many
DELETE FROM space_coleads c USING spaces s
WHERE s.id = c.space_id AND s.forgotten_at IS NOT NULL
RETURNING c.person_id;
