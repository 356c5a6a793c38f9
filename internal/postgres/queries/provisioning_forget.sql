-- As long as a call may still land its names are needed.
-- name: LockForgettableSpaces :many
SELECT id FROM spaces
WHERE state = 'closed' AND forgotten_at IS NULL AND recheck_at IS NULL
  AND closed_at < now() - make_interval(secs => @keep_seconds::float8)
ORDER BY id
LIMIT @up_to
FOR UPDATE SKIP LOCKED;

-- name: ForgetSpaces :exec
UPDATE spaces
SET name = '#' || id, mount_point = NULL, person_id = NULL, mail_trouble = '', forgotten_at = now()
WHERE id = ANY(@ids::bigint[]) AND state = 'closed';

-- A login tells its person's name. Nothing of it stands on the host, so that another may have it.
-- name: ForgetAccounts :many
UPDATE accounts SET login = NULL, name = '', email = '', mail_trouble = '', invited_by = NULL
WHERE space_id = ANY(@spaces::bigint[])
RETURNING id;

-- name: ForgetIntents :exec
UPDATE steps SET intent = '' WHERE space_id = ANY(@spaces::bigint[]) AND intent <> '';
