-- name: DatabaseTime :one
SELECT now()::timestamptz AS now;

-- A changed spec begins anew; the same one keeps its next run, so that a restart misses nothing.
-- name: KeepSchedule :exec
INSERT INTO schedules (name, spec, next_run)
VALUES (@name, @spec, @next_run)
ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, next_run = excluded.next_run
WHERE schedules.spec <> excluded.spec;

-- name: DueSchedules :many
SELECT name, next_run, now()::timestamptz AS now
FROM schedules
WHERE next_run <= now()
ORDER BY next_run, name;

-- name: ClaimSchedule :execrows
UPDATE schedules
SET next_run = @next_run, last_run = now()
WHERE name = @name AND next_run = @was;

-- name: Mail :one
SELECT id, template, recipient, lang, ref_id, message_id, state, attempts
FROM mails
WHERE id = @id;

-- name: EndMail :execrows
UPDATE mails
SET state = @state, reply = @reply, attempts = attempts + 1,
    sent_at = CASE WHEN @state::text = 'sent' THEN now() END
WHERE id = @id AND state = 'queued';

-- name: CountMailAttempt :exec
UPDATE mails
SET attempts = attempts + 1, reply = @reply
WHERE id = @id AND state = 'queued';

-- name: SetAccountMailTrouble :execrows
UPDATE accounts
SET mail_trouble = @code
WHERE id = @id AND state <> 'removed';
