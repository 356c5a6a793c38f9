-- name: Plans :many
SELECT id, name, total_bytes, account_limit, personal_bytes, suites, created_at FROM plans ORDER BY name;

-- name: InsertPlan :one
INSERT INTO plans (name, total_bytes, account_limit, personal_bytes, suites)
VALUES (@name, @total_bytes, @account_limit, @personal_bytes, @suites)
RETURNING id;

-- name: InsertCampaign :one
INSERT INTO campaigns (name, plan_id, opens_at, closes_at, capacity)
VALUES (@name, @plan_id, @opens_at, @closes_at, @capacity)
RETURNING id;

-- name: Campaigns :many
SELECT sqlc.embed(c), sqlc.embed(p) FROM campaigns c JOIN plans p ON p.id = c.plan_id ORDER BY c.opens_at DESC, c.id DESC;

-- name: Campaign :one
SELECT sqlc.embed(c), sqlc.embed(p) FROM campaigns c JOIN plans p ON p.id = c.plan_id WHERE c.id = @id;

-- name: LockCampaign :one
SELECT sqlc.embed(c), sqlc.embed(p) FROM campaigns c JOIN plans p ON p.id = c.plan_id WHERE c.id = @id
FOR NO KEY UPDATE OF c;

-- name: LockCampaignsOf :many
SELECT sqlc.embed(c), sqlc.embed(p) FROM campaigns c JOIN plans p ON p.id = c.plan_id
WHERE c.id IN (SELECT a.campaign_id FROM applications a WHERE a.batch_id = @batch_id::bigint)
ORDER BY c.id
FOR NO KEY UPDATE OF c;

-- name: Taken :one
SELECT count(*) FROM applications
WHERE campaign_id = @campaign_id AND state IN ('submitted', 'changes_requested', 'approved');

-- name: Waiting :one
SELECT count(*) FROM applications WHERE campaign_id = @campaign_id AND state = 'waitlisted';

-- name: Crowded :many
SELECT c.id FROM campaigns c
WHERE EXISTS (SELECT 1 FROM applications w
              WHERE w.campaign_id = c.id AND w.state = 'waitlisted' AND w.batch_id IS NULL)
  AND c.capacity > (SELECT count(*) FROM applications a
                    WHERE a.campaign_id = c.id AND a.state IN ('submitted', 'changes_requested', 'approved'))
ORDER BY c.id;

-- name: Application :one
SELECT sqlc.embed(a) FROM applications a WHERE a.id = @id;

-- name: LockApplication :one
SELECT sqlc.embed(a) FROM applications a WHERE a.id = @id FOR UPDATE;

-- name: ApplicationByFormKey :one
SELECT sqlc.embed(a) FROM applications a WHERE a.form_key = @form_key;

-- Those of a public id or those of a lead; the other argument is null.
-- name: ApplicationStatuses :many
SELECT sqlc.embed(a),
       coalesce(b.state IN ('decided', 'released') AND a.state IN ('submitted', 'changes_requested', 'waitlisted'), false)::boolean
           AS being_decided,
       s.public_id AS space_public_id, s.state AS space_state, (s.blocked_step IS NOT NULL)::boolean AS space_blocked,
       CASE a.state WHEN 'waitlisted' THEN (
           SELECT count(*) + 1 FROM applications w
           WHERE w.campaign_id = a.campaign_id AND w.state = 'waitlisted'
             AND (w.confirmed_at, w.id) < (a.confirmed_at, a.id)
       ) ELSE 0 END::bigint AS position
FROM applications a
LEFT JOIN batches b ON b.id = a.batch_id
LEFT JOIN spaces s ON s.application_id = a.id
WHERE a.public_id = sqlc.narg(public_id) OR a.person_id = sqlc.narg(person_id)
ORDER BY a.id DESC;

-- name: TakenSlugs :many
SELECT a.slug FROM applications a
WHERE a.slug = ANY(@slugs::text[]) AND a.state IN ('submitted', 'waitlisted', 'changes_requested', 'approved')
UNION
SELECT s.slug FROM spaces s WHERE s.slug = ANY(@slugs::text[]);

-- name: SpaceHadSlug :one
SELECT EXISTS (SELECT 1 FROM spaces WHERE slug = @slug);

-- name: InsertApplication :many
INSERT INTO applications (public_id, form_key, campaign_id, state, association, object, lead_name, lead_email,
                          expected_accounts, suite, slug, lang, region, help, terms_at, search, created_at, received_at)
VALUES (@public_id, @form_key, @campaign_id, 'unconfirmed', @association, @object, @lead_name, @lead_email,
        @expected_accounts, @suite, @slug, @lang, @region, @help::text[], @terms_at, @search, @created_at, @created_at)
ON CONFLICT (form_key) DO NOTHING
RETURNING id;

-- name: ConfirmApplication :execrows
UPDATE applications
SET state = @to_state, person_id = @person_id, slug = @slug, search = @search,
    confirmed_at = @at::timestamptz, received_at = @at::timestamptz, mail_trouble = '', updated_at = now()
WHERE id = @id AND state = 'unconfirmed';

-- name: Readdress :many
UPDATE applications
SET lead_email = @lead_email, search = @search, mail_trouble = '', confirm_mails = confirm_mails + 1, updated_at = now()
WHERE id = @id AND state = 'unconfirmed'
RETURNING confirm_mails;

-- name: MoveApplication :execrows
UPDATE applications SET state = @to_state, updated_at = now() WHERE id = @id AND state = ANY(@from_states::text[]);

-- name: ReopenApplication :execrows
UPDATE applications
SET state = 'submitted', slug = @slug, search = @search, batch_id = NULL, reject_reason = '', decided_at = NULL,
    updated_at = now()
WHERE id = @id AND state = 'rejected' AND forgotten_at IS NULL;

-- The rows are chosen once: as a subquery the choice could be made again for each row, and go beyond the limit.
-- name: Promote :many
WITH chosen AS MATERIALIZED (
    SELECT w.id FROM applications w
    WHERE w.campaign_id = @campaign_id AND w.state = 'waitlisted' AND w.batch_id IS NULL
    ORDER BY w.confirmed_at, w.id
    LIMIT @up_to
    FOR UPDATE SKIP LOCKED)
UPDATE applications a SET state = 'submitted', updated_at = now()
FROM chosen WHERE a.id = chosen.id AND a.state = 'waitlisted'
RETURNING a.id, a.lead_email, a.lang;

-- Nobody proved that the address is theirs: nothing of it remains, not even its hash.
-- name: ExpireApplications :many
WITH chosen AS MATERIALIZED (
    SELECT u.id FROM applications u
    WHERE u.state = 'unconfirmed' AND u.created_at < @before
    ORDER BY u.created_at
    LIMIT @up_to
    FOR UPDATE SKIP LOCKED)
UPDATE applications a
SET state = 'expired', association = '#' || a.id, object = '', lead_name = '', lead_email = '', slug = '', region = '',
    help = '{}', search = '', mail_trouble = '', forgotten_at = now(), updated_at = now()
FROM chosen WHERE a.id = chosen.id AND a.state = 'unconfirmed'
RETURNING a.id;

-- name: SetApplicationMailTrouble :execrows
UPDATE applications SET mail_trouble = @mail_trouble, updated_at = now() WHERE id = @id;
