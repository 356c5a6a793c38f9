-- name: IncomingByPlace :one
SELECT outcome FROM incoming_mails WHERE mailbox = @mailbox AND uid_validity = @uid_validity AND uid = @uid;

-- Two copies of one mail are received one after the other.
-- name: LockDigest :exec
SELECT pg_advisory_xact_lock(@key::bigint);

-- name: InsertIncoming :many
INSERT INTO incoming_mails (mailbox, uid_validity, uid, digest, message_id, sender, subject, size, raw, outcome, created_at)
VALUES (@mailbox, @uid_validity, @uid, @digest, @message_id, @sender, @subject, @size, @raw, 'set_aside', @created_at)
ON CONFLICT (mailbox, uid_validity, uid) DO NOTHING
RETURNING id;

-- name: IncomingByDigest :many
SELECT id, ticket_id, ticket_message_id FROM incoming_mails
WHERE digest = @digest AND id <> @id AND outcome <> 'duplicate' ORDER BY id LIMIT 1;

-- name: EndIncoming :exec
UPDATE incoming_mails
SET outcome = @outcome, reason = @reason, ticket_id = @ticket_id, person_id = @person_id, ticket_message_id = @ticket_message_id,
    body = @body, raw = CASE WHEN @keep_raw::boolean THEN raw END
WHERE id = @id;

-- name: InsertIncomingFile :exec
INSERT INTO incoming_files (mail_id, name, content) VALUES (@mail_id, @name, @content);

-- name: IncomingFiles :many
SELECT name, content FROM incoming_files WHERE mail_id = @mail_id ORDER BY id;

-- name: DropIncomingFiles :exec
DELETE FROM incoming_files WHERE mail_id = @mail_id;

-- name: LockIncoming :one
SELECT id FROM incoming_mails WHERE id = @id FOR UPDATE;

-- name: HeldMail :one
SELECT m.id, m.outcome, m.digest, m.message_id, m.sender, m.body, m.created_at, coalesce(m.ticket_id, 0)::bigint AS ticket_id,
       coalesce((SELECT t.public_id FROM tickets t WHERE t.id = m.ticket_id), '')::text AS ticket_pub,
       (SELECT count(*) FROM incoming_files f WHERE f.mail_id = m.id) AS files,
       coalesce(p.id, 0)::bigint AS person_id, coalesce(p.email, '')::text AS email, coalesce(p.name, '')::text AS name,
       coalesce(p.lang, 'fr')::text AS lang, p.staff_role, p.totp_confirmed_at
FROM incoming_mails m LEFT JOIN people p ON p.id = m.person_id
WHERE m.id = @id;

-- name: IncomingSubject :one
SELECT m.id, m.outcome, m.reason, m.sender, coalesce(p.email, '')::text AS person_email, coalesce(m.ticket_id, 0)::bigint AS ticket_id,
       coalesce(t.public_id, '')::text AS ticket_pub
FROM incoming_mails m LEFT JOIN people p ON p.id = m.person_id LEFT JOIN tickets t ON t.id = m.ticket_id
WHERE m.id = @id;

-- name: IncomingSource :many
SELECT raw FROM incoming_mails WHERE id = @id AND outcome = ANY (@outcomes::text[]) AND raw IS NOT NULL;

-- Whom we sent the mail to, or who wrote it, is who knows its Message-ID.
-- name: TicketsOfMails :many
SELECT coalesce(l.ticket_id, m.ref_id)::bigint AS ticket_id, coalesce(p.id, 0)::bigint AS person_id
FROM mails m LEFT JOIN ticket_messages l ON l.id = m.ref_id AND m.template NOT IN ('ticket-reminder', 'ticket-nudge')
LEFT JOIN people p ON lower(p.email) = lower(m.recipient)
WHERE m.message_id = ANY (@ids::text[]) AND m.template LIKE 'ticket-%'
  AND (l.id IS NOT NULL OR m.template IN ('ticket-reminder', 'ticket-nudge'))
UNION
SELECT ticket_id, coalesce(author_id, 0)::bigint FROM ticket_messages
WHERE mail_message_id = ANY (@ids::text[]) AND mail_message_id <> ''
ORDER BY 1 DESC, 2;

-- name: MailOfMessageID :many
SELECT id, recipient FROM mails WHERE message_id = @message_id;

-- name: BounceMail :execrows
UPDATE mails SET state = 'refused', reply = @reply WHERE id = @id AND state IN ('queued', 'sent');

-- name: InsertPersonAddress :many
INSERT INTO person_addresses (person_id, email, created_at)
SELECT @person_id, @email, @created_at
WHERE NOT EXISTS (SELECT FROM people WHERE lower(people.email) = lower(@email))
ON CONFLICT (person_id, lower(email)) DO NOTHING
RETURNING id;

-- name: PersonAddress :one
SELECT a.id, a.person_id, a.email, p.email AS own FROM person_addresses a JOIN people p ON p.id = a.person_id WHERE a.id = @id;

-- name: DeletePersonAddress :execrows
DELETE FROM person_addresses WHERE id = @id;

-- name: PersonAddresses :many
SELECT a.id, a.person_id, a.email, p.email AS own FROM person_addresses a JOIN people p ON p.id = a.person_id
WHERE a.person_id = @person_id ORDER BY a.email, a.id;

-- name: DeleteOwnAddress :execrows
DELETE FROM person_addresses WHERE person_id = @person_id AND lower(email) = lower(@email);

-- name: SetPersonMailTrouble :execrows
UPDATE people SET mail_trouble = @code, mail_trouble_at = now() WHERE lower(email) = lower(@email);

-- name: ClearPersonMailTrouble :exec
UPDATE people SET mail_trouble = '', mail_trouble_at = NULL WHERE lower(email) = lower(@email) AND mail_trouble <> '';

-- name: MailTroubles :many
SELECT id, email, name, lang, staff_role, totp_confirmed_at, mail_trouble, mail_trouble_at FROM people
WHERE mail_trouble <> '' ORDER BY mail_trouble_at DESC LIMIT @most;

-- name: ForgetIncoming :many
UPDATE incoming_mails SET raw = NULL, sender = '', subject = ''
WHERE id IN (SELECT m.id FROM incoming_mails m
             WHERE m.created_at < @before AND (m.raw IS NOT NULL OR m.sender <> '' OR m.subject <> '') AND m.outcome <> 'held'
             ORDER BY m.created_at LIMIT @most)
RETURNING id;

-- Once a page of mails is forgotten, it may read the whole table.
-- name: ForgetMailsBefore :exec
DELETE FROM mails WHERE template = @template AND created_at < @before;

-- name: DropHeld :many
UPDATE incoming_mails SET outcome = 'dropped', reason = 'lapsed', body = ''
WHERE id IN (SELECT m.id FROM incoming_mails m WHERE m.outcome = 'held' AND m.created_at < @before
             ORDER BY m.id LIMIT @most FOR UPDATE SKIP LOCKED)
RETURNING id;

-- name: DropFilesOf :exec
DELETE FROM incoming_files WHERE mail_id = ANY (@ids::bigint[]);
