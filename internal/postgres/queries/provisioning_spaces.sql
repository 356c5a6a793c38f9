-- name: AcquireLease :one
UPDATE spaces
SET lease_holder = @holder, lease_number = lease_number + 1, claimed_until = NULL,
    lease_expires_at = now() + make_interval(secs => @ttl::float8)
WHERE id = @id AND (lease_expires_at IS NULL OR lease_expires_at < now())
RETURNING lease_number;

-- name: ReleaseLease :exec
UPDATE spaces SET lease_holder = NULL, lease_expires_at = NULL
WHERE id = @id AND lease_holder = @holder::text AND lease_number = @number;

-- name: RenewLease :one
-- The lease and, when there is one, the slot: one statement, since one comes before every call to a host.
WITH held AS (
    UPDATE spaces l SET lease_expires_at = now() + make_interval(secs => @ttl::float8)
    WHERE l.id = @id AND l.lease_holder = @holder::text AND l.lease_number = @number AND l.lease_expires_at >= now()
    RETURNING l.state, l.host_id),
seat AS (
    UPDATE host_slots s SET expires_at = now() + make_interval(secs => @ttl::float8)
    WHERE s.host_id = @slot_host::bigint AND s.number = @slot_number::int AND s.holder = @slot_holder::text
    RETURNING s.number)
SELECT held.state, now()::timestamptz AS at, coalesce(h.health, '')::text AS health, coalesce(h.failures, 0)::int AS failures,
    coalesce(extract(epoch FROM h.paused_until - now()), 0)::float8 AS pause,
    (@slot_host::bigint = 0 OR EXISTS (SELECT 1 FROM seat))::boolean AS seated
FROM held LEFT JOIN hosts h ON h.id = held.host_id;

-- name: AcquireSlot :one
-- Number 0 is for what a person waits for; a person may have any other too. Materialized: a subquery may run more than
-- once, and then lock more rows than its limit.
WITH free AS MATERIALIZED (
    SELECT f.host_id, f.number FROM host_slots f
    WHERE f.host_id = @host_id AND (@personal::boolean OR f.number > 0) AND (f.holder IS NULL OR f.expires_at < now())
    ORDER BY f.number LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE host_slots s
SET holder = @holder::text, expires_at = now() + make_interval(secs => @ttl::float8)
FROM free WHERE s.host_id = free.host_id AND s.number = free.number
RETURNING s.number;

-- name: ReleaseSlot :exec
UPDATE host_slots SET holder = NULL, expires_at = NULL
WHERE host_id = @host_id AND number = @number AND holder = @holder::text;

-- name: GetSpace :one
SELECT sqlc.embed(spaces) FROM spaces WHERE id = @id;

-- name: GetSpaceByPublicID :one
SELECT sqlc.embed(spaces) FROM spaces WHERE public_id = @public_id;

-- name: LockSpace :one
SELECT sqlc.embed(spaces) FROM spaces WHERE public_id = @public_id FOR UPDATE;

-- name: ListSpacesOfPerson :many
SELECT sqlc.embed(spaces) FROM spaces WHERE person_id = @person_id::bigint ORDER BY id DESC;

-- name: ListSpaces :many
SELECT sqlc.embed(s), coalesce(h.name, '')::text AS host_name,
    (SELECT count(*) FROM accounts a WHERE a.space_id = s.id AND a.state <> 'removed')::int AS seats,
    coalesce(r.quota_bytes, 0)::bigint AS quota_bytes, coalesce(r.used_bytes, 0)::bigint AS used_bytes,
    coalesce(r.accounts, 0)::int AS members, r.read_at
FROM spaces s LEFT JOIN hosts h ON h.id = s.host_id LEFT JOIN readings r ON r.space_id = s.id
WHERE (cardinality(@states::text[]) = 0 OR s.state = ANY (@states::text[]))
  AND (@host_id::bigint = 0 OR s.host_id = @host_id::bigint)
  AND (@query::text = '' OR s.name ILIKE '%' || @query::text || '%' OR s.slug ILIKE '%' || @query::text || '%')
  AND (@after::bigint = 0 OR s.id < @after::bigint)
ORDER BY s.id DESC
LIMIT @max_rows;

-- name: NextTry :one
-- In seconds from now; the host's pause counts.
SELECT extract(epoch FROM greatest(s.next_try_at, h.paused_until) - now())::float8 AS seconds
FROM spaces s LEFT JOIN hosts h ON h.id = s.host_id WHERE s.id = @id;

-- name: SetSpaceState :execrows
UPDATE spaces
SET state = @state,
    ready_at = CASE WHEN @state = 'ready' THEN coalesce(ready_at, now()) ELSE ready_at END,
    active_at = CASE WHEN @state = 'active' THEN coalesce(active_at, now()) ELSE active_at END,
    closing_at = CASE WHEN @state IN ('closing', 'deleting') THEN coalesce(closing_at, now()) ELSE closing_at END,
    closed_at = CASE WHEN @state = 'closed' THEN now() ELSE closed_at END
WHERE id = @id AND state = ANY (@from_states::text[]);

-- name: PlaceSpace :execrows
UPDATE spaces SET host_id = @host_id::bigint, blocked_at = NULL WHERE id = @id AND state = 'queued';

-- name: SetGroupMade :exec
UPDATE spaces SET group_made = @made WHERE id = @id;

-- name: SetFolder :exec
UPDATE spaces SET folder_id = nullif(@folder_id::bigint, 0) WHERE id = @id;

-- name: SetFolderBytes :exec
UPDATE spaces SET folder_bytes = nullif(@bytes::bigint, -1) WHERE id = @id;

-- name: SetTwins :exec
UPDATE spaces SET twins = @twins WHERE id = @id;

-- name: SetRecheck :exec
UPDATE spaces
SET recheck_at = now() + make_interval(secs => @after::float8),
    late_bytes = greatest(late_bytes, nullif(@late_bytes::bigint, 0))
WHERE id = @id;

-- name: ClearRecheck :exec
UPDATE spaces SET recheck_at = NULL, late_bytes = NULL WHERE id = @id AND recheck_at <= now();

-- name: SetMountPoint :execrows
UPDATE spaces s SET mount_point = @mount_point::text
WHERE s.id = @id AND NOT EXISTS (
    SELECT 1 FROM spaces o
    WHERE o.host_id = s.host_id AND o.id <> s.id AND o.state <> 'closed' AND lower(o.mount_point) = lower(@mount_point::text));

-- name: BlockSpace :exec
UPDATE spaces
SET blocked_step = @step::text, blocked_cause = @cause::text, blocked_detail = @detail,
    blocked_at = coalesce(blocked_at, now())
WHERE id = @id;

-- name: UnblockSpace :exec
UPDATE spaces
SET blocked_step = NULL, blocked_cause = NULL, blocked_detail = NULL, blocked_at = NULL, next_try_at = now(), claimed_until = NULL
WHERE id = @id;

-- name: UnblockSpaces :many
UPDATE spaces
SET blocked_step = NULL, blocked_cause = NULL, blocked_detail = NULL, blocked_at = NULL, next_try_at = now(),
    claimed_until = now() + interval '1 minute'
WHERE blocked_cause = @cause::text AND coalesce(host_id, 0) = @host_id::bigint
RETURNING id;

-- name: PostponeSpace :exec
UPDATE spaces SET next_try_at = now() + make_interval(secs => @by::float8) WHERE id = @id;

-- name: ClaimDue :many
-- What has something to do, is held by nobody and waits for no person; that no host was free is tried again by itself.
WITH due AS MATERIALIZED (
    SELECT s.id
    FROM spaces s LEFT JOIN hosts h ON h.id = s.host_id
    WHERE (@host_id::bigint = 0 OR s.host_id = @host_id::bigint)
      AND (s.lease_expires_at IS NULL OR s.lease_expires_at < now())
      AND (s.claimed_until IS NULL OR s.claimed_until < now() OR @host_id::bigint <> 0)
      AND s.next_try_at <= now()
      AND (s.blocked_step IS NULL OR s.blocked_cause = 'no_host')
      AND (h.id IS NULL OR h.health <> 'unauthorized' AND (h.paused_until IS NULL OR h.paused_until <= now()))
      AND (s.state IN ('queued', 'provisioning', 'deleting')
           OR s.state IN ('ready', 'active')
              AND (s.recheck_at <= now() OR EXISTS (SELECT 1 FROM accounts a WHERE a.space_id = s.id AND a.wanted IS NOT NULL)))
    ORDER BY s.state IN ('ready', 'active') DESC, s.next_try_at, s.id
    LIMIT @max_rows
    FOR UPDATE OF s SKIP LOCKED)
UPDATE spaces p
SET claimed_until = now() + interval '1 minute',
    blocked_at = CASE WHEN p.blocked_cause = 'no_host' THEN NULL ELSE p.blocked_at END,
    blocked_step = CASE WHEN p.blocked_cause = 'no_host' THEN NULL ELSE p.blocked_step END,
    blocked_detail = CASE WHEN p.blocked_cause = 'no_host' THEN NULL ELSE p.blocked_detail END,
    blocked_cause = CASE WHEN p.blocked_cause = 'no_host' THEN NULL ELSE p.blocked_cause END
FROM due WHERE p.id = due.id
RETURNING p.id;

-- name: ListSteps :many
SELECT sqlc.embed(steps) FROM steps WHERE space_id = @space_id ORDER BY started_at, account_id, step;

-- name: PutStep :exec
INSERT INTO steps (space_id, account_id, step, state, intent, doubted, attempts, last_cause, started_at, done_at)
VALUES (@space_id, @account_id, @step, @state, @intent, @doubted, @attempts, @last_cause, @started_at, @done_at)
ON CONFLICT (space_id, account_id, step) DO UPDATE
SET state = excluded.state, intent = excluded.intent, doubted = excluded.doubted, attempts = excluded.attempts, last_cause = excluded.last_cause,
    started_at = excluded.started_at, done_at = excluded.done_at;

-- name: GetReading :one
SELECT quota_bytes, used_bytes, accounts, read_at FROM readings WHERE space_id = @space_id;

-- name: PutReading :exec
INSERT INTO readings (space_id, quota_bytes, used_bytes, accounts, read_at)
VALUES (@space_id, @quota_bytes, @used_bytes, @accounts, @read_at)
ON CONFLICT (space_id) DO UPDATE
SET quota_bytes = excluded.quota_bytes, used_bytes = excluded.used_bytes, accounts = excluded.accounts, read_at = excluded.read_at;

-- name: PutReadings :exec
-- Of spaces that still live; a reading never replaces a later one.
INSERT INTO readings (space_id, quota_bytes, used_bytes, accounts, read_at)
SELECT n.space_id, n.quota_bytes, n.used_bytes, n.accounts, @read_at::timestamptz
FROM (SELECT unnest(@space_ids::bigint[]) AS space_id, unnest(@quotas::bigint[]) AS quota_bytes,
             unnest(@used::bigint[]) AS used_bytes, unnest(@accounts::int[]) AS accounts) AS n
JOIN spaces s ON s.id = n.space_id AND s.state IN ('ready', 'active', 'suspended', 'closing')
ON CONFLICT (space_id) DO UPDATE
SET quota_bytes = excluded.quota_bytes, used_bytes = excluded.used_bytes, accounts = excluded.accounts, read_at = excluded.read_at
WHERE readings.read_at < excluded.read_at;

-- name: DeleteReading :exec
DELETE FROM readings WHERE space_id = @space_id;

-- name: ListReadingKeys :many
SELECT id, folder_id::bigint AS folder_id, slug FROM spaces
WHERE host_id = @host_id::bigint AND folder_id IS NOT NULL AND state IN ('ready', 'active', 'suspended', 'closing');

-- name: ListTrail :many
SELECT a.at, coalesce(p.name, '')::text AS actor, a.action, a.data
FROM audit a LEFT JOIN people p ON p.id = a.actor_id
WHERE a.subject = 'space' AND a.subject_id = @space_id
   OR a.subject = 'account' AND a.subject_id IN (SELECT c.id FROM accounts c WHERE c.space_id = @space_id)
ORDER BY a.id DESC
LIMIT 100;

-- name: ListBlockedGroups :many
SELECT coalesce(s.host_id, 0)::bigint AS host_id, coalesce(h.name, '')::text AS host_name, s.blocked_cause::text AS cause,
    count(*)::int AS spaces, min(s.blocked_at)::timestamptz AS since,
    (array_agg(s.public_id ORDER BY s.blocked_at, s.id))[1:20]::text[] AS public_ids,
    (array_agg(s.name ORDER BY s.blocked_at, s.id))[1:20]::text[] AS names,
    (array_agg(s.blocked_step ORDER BY s.blocked_at, s.id))[1:20]::text[] AS steps
FROM spaces s LEFT JOIN hosts h ON h.id = s.host_id
WHERE s.blocked_step IS NOT NULL
GROUP BY 1, 2, 3
ORDER BY spaces DESC, since;

-- name: ListAilingHosts :many
-- Hosts that are away, with the spaces that wait for them.
SELECT h.id, h.name, h.health, h.health_since,
    count(s.id)::int AS spaces,
    coalesce((array_agg(s.public_id ORDER BY s.id) FILTER (WHERE s.id IS NOT NULL))[1:20], '{}')::text[] AS public_ids,
    coalesce((array_agg(s.name ORDER BY s.id) FILTER (WHERE s.id IS NOT NULL))[1:20], '{}')::text[] AS names
FROM hosts h
LEFT JOIN spaces s ON s.host_id = h.id AND s.blocked_step IS NULL
    AND (s.state IN ('provisioning', 'deleting')
         OR s.state IN ('ready', 'active') AND EXISTS (SELECT 1 FROM accounts a WHERE a.space_id = s.id AND a.wanted IS NOT NULL))
WHERE h.health <> 'ok' AND h.lifecycle <> 'retired'
GROUP BY h.id
ORDER BY spaces DESC, h.name;
