-- name: GetHost :one
SELECT sqlc.embed(hosts), (SELECT count(*) FROM spaces s WHERE s.host_id = hosts.id AND s.state <> 'closed')::int AS spaces
FROM hosts WHERE hosts.id = @id;

-- name: GetHostByName :one
SELECT sqlc.embed(hosts), (SELECT count(*) FROM spaces s WHERE s.host_id = hosts.id AND s.state <> 'closed')::int AS spaces
FROM hosts WHERE hosts.name = @name;

-- name: ListHosts :many
SELECT sqlc.embed(hosts), (SELECT count(*) FROM spaces s WHERE s.host_id = hosts.id AND s.state <> 'closed')::int AS spaces
FROM hosts ORDER BY hosts.name;

-- name: LockPlacement :exec
-- One placement at a time: a host's capacity is counted, then used.
SELECT pg_advisory_xact_lock(hashtext('nichoir.placement'));

-- name: PickHost :one
SELECT sqlc.embed(h), coalesce(n.spaces, 0)::int AS spaces
FROM hosts h
LEFT JOIN (SELECT s.host_id, count(*) AS spaces FROM spaces s WHERE s.state <> 'closed' GROUP BY s.host_id) n ON n.host_id = h.id
WHERE h.lifecycle = 'open' AND h.health = 'ok' AND @suite::text = ANY (h.suites)
  AND jsonb_exists(h.templates, @lang::text)
  AND (NOT h.shared OR h.isolated AND h.silent)
  AND coalesce(n.spaces, 0) < h.capacity
ORDER BY coalesce(n.spaces, 0)::float8 / h.capacity, h.id
LIMIT 1;

-- name: InsertHost :one
INSERT INTO hosts (name, base_url, public_url, service_user, secret, version, major, suites, suites_declared, shared, capacity, concurrency,
    isolated, silent, templates, warnings, checked_at)
VALUES (@name, @base_url, @public_url, @service_user, @secret, @version, @major, @suites, @suites_declared, @shared, @capacity, @concurrency,
    @isolated, @silent, @templates, @warnings, @checked_at)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: InsertSlots :exec
INSERT INTO host_slots (host_id, number) SELECT @host_id::bigint, n FROM generate_series(0, @concurrency::int) AS n;

-- name: UpdateHost :exec
UPDATE hosts
SET version = @version, major = @major, suites = @suites, isolated = @isolated, silent = @silent, templates = @templates,
    warnings = @warnings, checked_at = @checked_at
WHERE id = @id;

-- name: SetLifecycle :execrows
UPDATE hosts SET lifecycle = @lifecycle WHERE id = @id AND lifecycle = ANY (@from_lifecycles::text[]);

-- name: SetSecret :exec
UPDATE hosts SET secret = @secret WHERE id = @id;

-- name: ReplaceSecret :exec
UPDATE hosts SET secret = @sealed WHERE id = @id AND secret = @old;

-- name: SetHealth :one
-- A refused password is mended by a person: no pause that would heal by itself replaces it.
-- Of two pauses the longer counts.
WITH old AS (
    SELECT o.id, o.health,
        CASE WHEN o.health = 'unauthorized' AND @health::text NOT IN ('ok', 'unauthorized') THEN o.health ELSE @health::text END AS becomes
    FROM hosts o WHERE o.id = @id FOR NO KEY UPDATE)
UPDATE hosts h
SET health = old.becomes,
    health_since = CASE WHEN old.health = old.becomes THEN h.health_since ELSE now() END,
    paused_until = CASE WHEN @pause::float8 > 0 THEN greatest(h.paused_until, now() + make_interval(secs => @pause::float8)) END
FROM old WHERE h.id = old.id
RETURNING (old.health <> h.health)::boolean AS changed;

-- name: CountFailure :one
UPDATE hosts SET failures = failures + 1 WHERE id = @id RETURNING failures;

-- name: ResetFailures :exec
UPDATE hosts
SET failures = 0, paused_until = NULL,
    health = CASE WHEN health = 'unauthorized' THEN health ELSE 'ok' END,
    health_since = CASE WHEN health IN ('ok', 'unauthorized') THEN health_since ELSE now() END
WHERE id = @id AND (failures > 0 OR health IN ('unreachable', 'throttled', 'maintenance'));

-- name: ListHostsToProbe :many
SELECT id FROM hosts
WHERE health IN ('unreachable', 'throttled', 'maintenance') AND lifecycle <> 'retired'
  AND (paused_until IS NULL OR paused_until <= now());
