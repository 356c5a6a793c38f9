-- name: Person :one
SELECT id, email, name, lang, staff_role, totp_confirmed_at FROM people WHERE id = @id;

-- name: PersonByEmail :one
SELECT id, email, name, lang, staff_role, totp_confirmed_at FROM people WHERE lower(email) = lower(@email);

-- name: LockPerson :one
SELECT id, email, name, lang, staff_role, totp_secret, totp_confirmed_at, totp_last_step
FROM people WHERE id = @id FOR NO KEY UPDATE;

-- name: PersonFor :one
INSERT INTO people (email, name, lang) VALUES (@email, @name, @lang)
ON CONFLICT (lower(email)) DO UPDATE SET name = CASE people.name WHEN '' THEN excluded.name ELSE people.name END
RETURNING id;

-- name: UpsertStaff :one
INSERT INTO people (email, name, lang, staff_role) VALUES (@email, @name, @lang, @staff_role)
ON CONFLICT (lower(email)) DO UPDATE SET
    staff_role = excluded.staff_role,
    name = CASE excluded.name WHEN '' THEN people.name ELSE excluded.name END
RETURNING id;

-- name: Staff :many
SELECT id, email, name, lang, staff_role, totp_confirmed_at FROM people
WHERE staff_role IS NOT NULL ORDER BY staff_role, lower(name), id;

-- name: DropRole :exec
UPDATE people SET staff_role = NULL WHERE id = @id;

-- name: SetTOTP :exec
UPDATE people SET totp_secret = @totp_secret, totp_confirmed_at = @totp_confirmed_at, totp_last_step = @totp_last_step
WHERE id = @id;

-- name: InsertLink :exec
INSERT INTO links (purpose, token_hash, ref_id, recipient, lang, expires_at, created_at)
VALUES (@purpose, @token_hash, @ref_id, @recipient, @lang, @expires_at, @created_at);

-- name: LinkByHash :one
SELECT id, purpose, ref_id, recipient, lang, expires_at, spent_at FROM links WHERE token_hash = @token_hash;

-- name: LockLink :one
SELECT id, purpose, ref_id, recipient, lang, expires_at, spent_at FROM links WHERE token_hash = @token_hash FOR UPDATE;

-- name: SpendLinkAt :execrows
UPDATE links SET spent_at = @at::timestamptz WHERE id = @id AND spent_at IS NULL;

-- name: DropLinks :exec
DELETE FROM links WHERE purpose = @purpose AND ref_id = @ref_id;

-- name: InsertSession :exec
INSERT INTO sessions (token_hash, person_id, created_at, seen_at, expires_at)
VALUES (@token_hash, @person_id, @now, @now, @expires_at);

-- name: SessionByHash :one
SELECT p.id, p.email, p.name, p.lang, p.staff_role, p.totp_confirmed_at,
       s.second_factor_at, s.created_at, s.seen_at, s.expires_at
FROM sessions s JOIN people p ON p.id = s.person_id
WHERE s.token_hash = @token_hash;

-- name: TouchSession :exec
UPDATE sessions SET seen_at = @seen_at, expires_at = @expires_at WHERE token_hash = @token_hash;

-- name: MarkSecondFactor :exec
UPDATE sessions SET second_factor_at = @at::timestamptz WHERE token_hash = @token_hash;

-- name: DeleteSession :exec
DELETE FROM sessions WHERE token_hash = @token_hash;

-- name: DeleteSessionsOf :exec
DELETE FROM sessions WHERE person_id = @person_id;

-- Losing the last few counts in a crash costs less than waiting for the disk at each attempt.
-- name: Hit :one
WITH lax AS (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO rate_counters (bucket, window_start) SELECT @bucket::bytea, @window_start::timestamptz FROM lax
ON CONFLICT (bucket, window_start) DO UPDATE SET hits = rate_counters.hits + 1
RETURNING hits;

-- Within what it counts, and as durable.
-- name: HitHere :one
INSERT INTO rate_counters (bucket, window_start) VALUES (@bucket, @window_start)
ON CONFLICT (bucket, window_start) DO UPDATE SET hits = rate_counters.hits + 1
RETURNING hits;

-- name: PruneCounters :execrows
DELETE FROM rate_counters WHERE window_start < @before;

-- name: PruneLinks :execrows
DELETE FROM links WHERE expires_at < @before;

-- name: PruneSessions :execrows
DELETE FROM sessions WHERE expires_at < @before;

-- name: Trail :many
SELECT a.at, a.actor, coalesce(p.name, '')::text AS actor_name, a.action, a.data
FROM audit a LEFT JOIN people p ON p.id = a.actor_id
WHERE a.subject = @subject AND a.subject_id = @subject_id
ORDER BY a.id;

-- name: InsertAuditEach :exec
INSERT INTO audit (actor_id, actor, action, subject, subject_id, data)
SELECT @actor_id, @actor, @action, @subject, id, @data FROM unnest(@subjects::bigint[]) AS id;
