-- name: InsertTicketLine :many
INSERT INTO ticket_messages (ticket_id, form_key, side, author_id, provider_id, internal, via, mail_message_id, body, created_at)
VALUES (@ticket_id, @form_key, @side, sqlc.narg(author_id), sqlc.narg(provider_id), @internal, @via, @mail_message_id, @body, @at)
ON CONFLICT (form_key) DO NOTHING
RETURNING id;

-- name: InsertTicketFile :exec
INSERT INTO ticket_attachments (message_id, name, media_type, size, content)
VALUES (@message_id, @name, @media_type, @size, @content);

-- name: TicketLines :many
SELECT sqlc.embed(m), coalesce(a.name, '')::text AS author, coalesce(p.name, '')::text AS provider
FROM ticket_messages m
LEFT JOIN people a ON a.id = m.author_id
LEFT JOIN providers p ON p.id = m.provider_id
WHERE m.ticket_id = @ticket_id AND m.id > @after_id AND (@notes::boolean OR NOT m.internal)
ORDER BY m.id;

-- name: TicketLine :one
SELECT sqlc.embed(m), coalesce(a.name, '')::text AS author, coalesce(p.name, '')::text AS provider
FROM ticket_messages m
LEFT JOIN people a ON a.id = m.author_id
LEFT JOIN providers p ON p.id = m.provider_id
WHERE m.id = @id;

-- name: TicketLineIDByKey :one
SELECT id FROM ticket_messages WHERE form_key = @form_key;

-- name: TicketFiles :many
SELECT f.id, f.message_id, f.name, f.media_type, f.size FROM ticket_attachments f
JOIN ticket_messages m ON m.id = f.message_id
WHERE m.ticket_id = @ticket_id
ORDER BY f.id;

-- name: TicketFilesOf :many
SELECT id, name, media_type, size FROM ticket_attachments WHERE message_id = @message_id ORDER BY id;

-- name: TicketFile :one
SELECT f.id, f.message_id, f.name, f.media_type, f.size, f.content FROM ticket_attachments f
JOIN ticket_messages m ON m.id = f.message_id
WHERE f.id = @id AND m.ticket_id = @ticket_id;

-- name: TicketNoted :one
SELECT EXISTS (SELECT 1 FROM ticket_messages
               WHERE ticket_id = @ticket_id AND internal AND author_id = @person_id::bigint AND body = @body);

-- name: LastTicketLine :one
SELECT coalesce(max(id), 0)::bigint FROM ticket_messages WHERE ticket_id = @ticket_id;

-- name: FirstTicketLine :one
SELECT id FROM ticket_messages WHERE ticket_id = @ticket_id ORDER BY id LIMIT 1;

-- The mails that the recipient got about earlier messages, by their events, and those by which the person wrote.
-- name: TicketThread :many
SELECT r.message_id::text FROM (
    SELECT l.id, m.message_id FROM ticket_messages l
    JOIN mails m ON m.event = 'ticket-message:' || l.id AND m.recipient = @recipient AND m.state IN ('queued', 'sent')
    WHERE l.ticket_id = @ticket_id AND l.id < @before
    UNION ALL
    SELECT l.id, l.mail_message_id FROM ticket_messages l
    WHERE l.ticket_id = @ticket_id AND l.id < @before AND l.author_id = @person_id::bigint AND l.mail_message_id <> ''
) AS r
ORDER BY r.id;
