-- name: InsertMail :many
INSERT INTO mails (event, template, recipient, lang, ref_id, message_id)
VALUES (@event, @template, @recipient, @lang, @ref_id, @message_id)
ON CONFLICT (event, recipient) DO NOTHING
RETURNING id;

-- name: InsertAudit :exec
INSERT INTO audit (actor_id, actor, action, subject, subject_id, data)
VALUES (@actor_id, @actor, @action, @subject, @subject_id, @data);
