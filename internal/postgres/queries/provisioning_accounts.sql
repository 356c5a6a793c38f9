-- name: ListAccounts :many
SELECT sqlc.embed(accounts) FROM accounts WHERE space_id = @space_id ORDER BY role, id;

-- name: GetAccount :one
SELECT sqlc.embed(accounts) FROM accounts WHERE id = @id;

-- name: ListActiveAccounts :many
SELECT sqlc.embed(accounts) FROM accounts WHERE lower(email) = lower(@email) AND state = 'active' ORDER BY id LIMIT 20;

-- name: MemberExists :one
SELECT EXISTS (SELECT 1 FROM accounts WHERE space_id = @space_id AND lower(email) = lower(@email) AND state <> 'removed');

-- name: InsertAccount :one
INSERT INTO accounts (space_id, host_id, login, name, email, lang, role, state, wanted, invited_by, invited_at, lapses_at)
VALUES (@space_id, @host_id, @login, @name, @email, @lang, @role, @state, @wanted, @invited_by, @invited_at, @lapses_at)
RETURNING id;

-- name: SetLogin :exec
UPDATE accounts SET host_id = @host_id::bigint, login = @login::text WHERE id = @id;

-- name: ListLogins :many
SELECT lower(login)::text FROM accounts WHERE host_id = @host_id::bigint AND lower(login) LIKE @prefix::text || '%';

-- name: UpdateAccount :execrows
UPDATE accounts
SET state = coalesce(sqlc.narg(state), state),
    made = coalesce(sqlc.narg(made), made),
    wanted = CASE WHEN sqlc.narg(wanted)::text IS NULL THEN wanted ELSE nullif(sqlc.narg(wanted)::text, '') END,
    activated_at = CASE WHEN sqlc.narg(state) = 'active' THEN coalesce(activated_at, now()) ELSE activated_at END,
    removed_at = CASE WHEN sqlc.narg(state) = 'removed' THEN coalesce(removed_at, now()) ELSE removed_at END
WHERE id = @id AND (cardinality(@from_states::text[]) = 0 OR state = ANY (@from_states::text[]));

-- name: FulfilAccount :exec
UPDATE accounts SET wanted = NULL WHERE id = @id AND wanted = @was::text;

-- name: ProlongInvitation :exec
UPDATE accounts SET lapses_at = @until::timestamptz WHERE id = @id AND state = 'invited';

-- name: ListLapsing :many
SELECT sqlc.embed(accounts) FROM accounts
WHERE state = 'invited' AND role = 'member' AND lapses_at <= now() AND wanted IS DISTINCT FROM 'remove'
ORDER BY lapses_at LIMIT @max_rows FOR UPDATE SKIP LOCKED;

-- name: ClaimPassword :execrows
UPDATE accounts SET claimed_until = now() + make_interval(secs => @ttl::float8)
WHERE id = @id AND (claimed_until IS NULL OR claimed_until <= now());

-- name: FreePassword :exec
UPDATE accounts SET claimed_until = NULL WHERE id = @id;

-- Ended beside another one, a link expires when it was made.
-- name: LinkStands :one
SELECT count(*) > 0 AS stands FROM links WHERE id = @id AND spent_at IS NULL AND expires_at > created_at;

-- name: SpendLink :execrows
UPDATE links SET spent_at = now() WHERE id = @id AND spent_at IS NULL;

-- The other links to the same account's password end as if they had never been good: clocks of several machines differ.
-- name: ExpireLinksBeside :exec
UPDATE links AS other SET expires_at = other.created_at
FROM links AS spent
WHERE spent.id = @id AND other.ref_id = spent.ref_id AND other.id <> spent.id AND other.spent_at IS NULL
  AND spent.purpose IN ('activate', 'password') AND other.purpose IN ('activate', 'password');
