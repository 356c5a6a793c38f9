-- name: InsertBatch :one
INSERT INTO batches (state, decision, reason, notify, created_by) VALUES ('open', @decision, @reason, @notify, @created_by)
RETURNING id;

-- name: Batch :one
SELECT sqlc.embed(b),
       coalesce(nullif(c.name, ''), c.email, '')::text AS created_by_name,
       coalesce(nullif(d.name, ''), d.email, '')::text AS decided_by_name,
       coalesce(extract(epoch FROM b.release_at - now()), 0)::float8 AS release_in
FROM batches b LEFT JOIN people c ON c.id = b.created_by LEFT JOIN people d ON d.id = b.decided_by
WHERE b.id = @id;

-- name: Batches :many
SELECT sqlc.embed(b),
       coalesce(nullif(c.name, ''), c.email, '')::text AS created_by_name,
       coalesce(nullif(d.name, ''), d.email, '')::text AS decided_by_name,
       coalesce(extract(epoch FROM b.release_at - now()), 0)::float8 AS release_in
FROM batches b LEFT JOIN people c ON c.id = b.created_by LEFT JOIN people d ON d.id = b.decided_by
WHERE b.state <> 'done' OR b.id IN (SELECT e.id FROM batches e WHERE e.state = 'done' ORDER BY e.id DESC LIMIT @done)
ORDER BY b.id DESC;

-- name: LockBatch :one
SELECT sqlc.embed(b) FROM batches b WHERE b.id = @id FOR UPDATE;

-- name: BatchMembers :many
SELECT a.id, a.public_id, a.association, a.state, a.batch_id,
       s.public_id AS space_public_id, s.state AS space_state, (s.blocked_step IS NOT NULL)::boolean AS space_blocked
FROM applications a LEFT JOIN spaces s ON s.application_id = a.id
WHERE a.batch_id = @batch_id::bigint ORDER BY a.id;

-- name: LockMembers :many
SELECT id, public_id, association, state, batch_id FROM applications WHERE batch_id = @batch_id::bigint
ORDER BY id FOR UPDATE;

-- name: LockSelection :many
SELECT id, public_id, association, state, batch_id FROM applications WHERE public_id = ANY(@public_ids::text[])
ORDER BY id FOR UPDATE;

-- name: SetBatchOf :exec
UPDATE applications SET batch_id = @batch_id::bigint WHERE id = ANY(@ids::bigint[]) AND batch_id IS NULL;

-- name: ClearBatchOf :exec
UPDATE applications SET batch_id = NULL WHERE id = ANY(@ids::bigint[]) AND batch_id = @batch_id::bigint;

-- name: SetBatchSize :exec
UPDATE batches SET size = (SELECT count(*) FROM applications a WHERE a.batch_id = batches.id) WHERE batches.id = @id;

-- name: DeleteBatch :exec
DELETE FROM batches WHERE id = @id AND state = 'open';

-- name: DecideBatch :execrows
UPDATE batches
SET state = 'decided', decided_by = @decided_by, decided_at = now(),
    release_at = now() + make_interval(secs => @undo_seconds::float8)
WHERE id = @id AND state = 'open';

-- name: UndoBatch :execrows
UPDATE batches SET state = 'open', decided_by = NULL, decided_at = NULL, release_at = NULL
WHERE id = @id AND state = 'decided' AND release_at > now();

-- name: ReleaseBatches :many
UPDATE batches SET state = 'released', released_at = now(), worked_at = now()
WHERE state = 'decided' AND release_at <= now()
RETURNING id;

-- name: StalledBatches :many
UPDATE batches SET worked_at = now()
WHERE state = 'released' AND worked_at < now() - make_interval(secs => @idle_seconds::float8)
RETURNING id;

-- name: RemainingOfBatch :many
SELECT sqlc.embed(a) FROM applications a
WHERE a.batch_id = @batch_id::bigint AND a.state = ANY(@states::text[])
ORDER BY a.id
LIMIT @up_to
FOR UPDATE;

-- name: SettleApplications :exec
UPDATE applications SET state = @to_state, reject_reason = @reason, decided_at = now(), updated_at = now()
WHERE id = ANY(@ids::bigint[]);

-- name: NoteBatchProgress :exec
UPDATE batches SET worked_at = now() WHERE id = @id;

-- name: FinishBatch :execrows
UPDATE batches SET state = 'done', done_at = now() WHERE id = @id AND state = 'released';
