-- Nobody proved that the address is theirs: nothing of it remains.
-- name: DirectoryDropUnconfirmed :many
WITH chosen AS MATERIALIZED (
    SELECT u.id FROM providers u
    WHERE u.state = 'applied' AND u.confirmed_at IS NULL AND u.created_at <= @before
    ORDER BY u.created_at
    LIMIT @up_to
    FOR UPDATE SKIP LOCKED)
DELETE FROM providers p USING chosen WHERE p.id = chosen.id
RETURNING p.id;

-- name: DirectoryDrop :execrows
DELETE FROM providers WHERE id = @id AND state = 'applied' AND confirmed_at IS NULL;

-- name: DirectoryLockForgettable :many
SELECT id FROM providers
WHERE state = 'refused' AND contact_email <> '' AND decided_at <= @before::timestamptz
ORDER BY id
LIMIT @up_to
FOR UPDATE SKIP LOCKED;

-- name: DirectoryPeopleBehind :many
SELECT m.person_id FROM provider_members m WHERE m.provider_id = @id
UNION
SELECT q.id FROM people q JOIN providers p ON lower(p.contact_email) = lower(q.email) WHERE p.id = @id;

-- The name of a micro-enterprise is often a person's, and its slug is made of it. One that was in the directory keeps both:
-- associations read them in what they went through with it.
-- name: DirectoryForget :exec
UPDATE providers
SET name = CASE WHEN structure = 'micro_enterprise' AND listed_at IS NULL THEN '#' || id ELSE name END,
    slug = CASE WHEN structure = 'micro_enterprise' AND listed_at IS NULL THEN '#' || id ELSE slug END,
    contact_name = '', contact_email = '', contact_phone = '', website = '', presentation = '', free_offer = '',
    quoted_offer = '', refuse_reason = '', question = '', search = '', updated_at = now()
WHERE id = @id;

-- name: DirectoryForgetProjects :exec
DELETE FROM provider_projects WHERE provider_id = @id;

-- name: DirectoryForgetNotes :exec
DELETE FROM provider_notes WHERE provider_id = @id;

-- name: DirectoryForgetMembers :exec
DELETE FROM provider_members WHERE provider_id = @id;
