-- What ended before the given time without a space, or with one that is forgotten. Once a day it may read the whole table.
-- name: LockForgettableApplications :many
SELECT a.id, a.lead_email, coalesce(a.person_id, 0)::bigint AS person_id FROM applications a
WHERE a.forgotten_at IS NULL
  AND (a.state IN ('rejected', 'withdrawn')
       AND coalesce(a.decided_at, a.updated_at) < now() - make_interval(secs => @keep_seconds::float8)
       OR a.state = 'approved'
       AND EXISTS (SELECT 1 FROM spaces s WHERE s.application_id = a.id AND s.forgotten_at IS NOT NULL))
ORDER BY a.id
LIMIT @up_to
FOR UPDATE SKIP LOCKED;

-- The slug of an approved one stays as long as the space's, which is for ever.
-- name: ForgetApplications :exec
UPDATE applications a
SET association = '#' || a.id, object = '', lead_name = '', lead_email = '', reject_reason = '', mail_trouble = '',
    slug = CASE a.state WHEN 'approved' THEN a.slug ELSE '' END, region = '', help = '{}', search = '', person_id = NULL,
    lead_hash = h.hash, forgotten_at = now(), updated_at = now()
FROM (SELECT unnest(@ids::bigint[]) AS id, unnest(@hashes::bytea[]) AS hash) AS h
WHERE a.id = h.id AND a.forgotten_at IS NULL;

-- What was told to a batch is about those in it.
-- name: ForgetReasons :exec
UPDATE batches b SET reason = ''
WHERE b.state = 'done' AND b.reason <> ''
  AND b.id IN (SELECT f.batch_id FROM applications f WHERE f.id = ANY(@applications::bigint[]))
  AND NOT EXISTS (SELECT 1 FROM applications a WHERE a.batch_id = b.id AND a.forgotten_at IS NULL);

-- name: DropMailsAbout :exec
DELETE FROM mails WHERE template = ANY(@templates::text[]) AND ref_id = ANY(@refs::bigint[]);

-- name: DropLinksTo :exec
DELETE FROM links WHERE purpose = ANY(@purposes::text[]) AND ref_id = ANY(@refs::bigint[]);

-- The link stays until its time is over: whoever comes back to it is to read what became of it.
-- name: ForgetRecipients :exec
UPDATE links SET recipient = '' WHERE purpose = ANY(@purposes::text[]) AND ref_id = ANY(@refs::bigint[]);

-- Whoever makes a person known again waits for this lock; what they refer to is looked for afterwards.
-- name: LockPeople :exec
SELECT id FROM people WHERE id = ANY(@ids::bigint[]) ORDER BY id FOR UPDATE;

-- name: ForgetPeople :many
DELETE FROM people p
WHERE p.id = ANY(@ids::bigint[]) AND p.staff_role IS NULL
  AND NOT EXISTS (SELECT 1 FROM applications a WHERE a.person_id = p.id)
  AND NOT EXISTS (SELECT 1 FROM spaces s WHERE s.person_id = p.id)
  AND NOT EXISTS (SELECT 1 FROM space_coleads c WHERE c.person_id = p.id)
  AND NOT EXISTS (SELECT 1 FROM provider_members m WHERE m.person_id = p.id)
RETURNING p.id;

-- name: EarlierApplications :many
SELECT a.public_id, a.state, coalesce(a.decided_at, a.received_at)::timestamptz AS at, (a.forgotten_at IS NOT NULL)::boolean AS forgotten
FROM applications a
WHERE a.id < @before AND a.confirmed_at IS NOT NULL
  AND (lower(a.lead_email) = lower(@email) OR a.lead_hash = @hash::bytea)
ORDER BY a.id DESC
LIMIT @up_to;
