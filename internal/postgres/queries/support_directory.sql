-- One of the filters is given, or none: then it is all of the states.
-- What only the provider and the team are told is not counted for all.
-- name: DirectoryProviders :many
SELECT sqlc.embed(p),
       (SELECT count(*) FROM support_links l
        WHERE l.provider_id = p.id AND l.state IN ('proposed', 'accepted'))::bigint AS taken,
       CASE WHEN @for_all::boolean THEN 0 ELSE (SELECT count(*) FROM support_links l
        WHERE l.provider_id = p.id AND l.state = 'lapsed'
          AND l.due_at > coalesce((SELECT max(a.answered_at) FROM support_links a WHERE a.provider_id = p.id), '-infinity')
       ) END::bigint AS silent,
       CASE WHEN @for_all::boolean THEN 0 ELSE (SELECT count(*) FROM tickets t
        WHERE t.provider_id = p.id AND NOT t.escalated AND t.state IN ('new', 'open')
          AND t.answer_due_at < @now::timestamptz) END::bigint AS overdue,
       coalesce(r.cause, '')::text AS rest_cause, r.until_at AS rest_until
FROM providers p
LEFT JOIN LATERAL (
    SELECT o.cause, o.until_at FROM provider_pauses o
    WHERE o.provider_id = p.id AND o.from_at <= @now::timestamptz AND (o.until_at IS NULL OR o.until_at > @now::timestamptz)
    ORDER BY o.until_at DESC NULLS FIRST, o.cause IN ('team', 'profile') DESC, o.id LIMIT 1) r ON p.state = 'paused'
WHERE (sqlc.narg(ids)::bigint[] IS NULL OR p.id = ANY(sqlc.narg(ids)))
  AND (sqlc.narg(public_id)::text IS NULL OR p.public_id = sqlc.narg(public_id))
  AND (sqlc.narg(slug)::text IS NULL OR p.slug = sqlc.narg(slug))
  AND (sqlc.narg(form_key)::text IS NULL OR p.form_key = sqlc.narg(form_key))
  AND (sqlc.narg(states)::text[] IS NULL OR p.state = ANY(sqlc.narg(states)) AND p.confirmed_at IS NOT NULL)
ORDER BY coalesce(p.confirmed_at, p.created_at), p.id;

-- name: DirectoryLock :one
SELECT id FROM providers WHERE id = @id FOR NO KEY UPDATE;

-- name: DirectorySlugsLike :many
SELECT slug FROM providers WHERE slug = @base::text OR starts_with(slug, @base::text || '-');

-- name: DirectoryInsert :many
INSERT INTO providers (public_id, slug, form_key, state, name, structure, people, town, region, everywhere, regions, on_site,
                       remote, kinds, sizes, languages, chatons, presentation, free_offer, quoted_offer, website,
                       contact_name, contact_email, contact_phone, lang, capacity, search, created_at)
VALUES (@public_id, @slug, @form_key, 'applied', @name, @structure, @people, @town, @region, @everywhere, @regions, @on_site,
        @remote, @kinds, @sizes, @languages, @chatons, @presentation, @free_offer, @quoted_offer, @website,
        @contact_name, @contact_email, @contact_phone, @lang, @capacity, @search, @created_at)
ON CONFLICT (form_key) DO NOTHING
RETURNING id;

-- name: DirectoryConfirm :exec
UPDATE providers SET confirmed_at = @at::timestamptz, updated_at = now() WHERE id = @id AND confirmed_at IS NULL;

-- Its profile counts as confirmed by the organisation on the day on which it is listed.
-- name: DirectoryDecide :exec
UPDATE providers
SET state = @to_state::text, refuse_reason = @reason, decided_at = @at::timestamptz, question = '', profile_asked_at = NULL,
    listed_at = CASE @to_state::text WHEN 'listed' THEN @at::timestamptz ELSE listed_at END,
    profile_confirmed_at = CASE @to_state::text WHEN 'listed' THEN @at::timestamptz ELSE profile_confirmed_at END,
    updated_at = now()
WHERE id = @id;

-- name: DirectoryRest :exec
UPDATE providers SET state = @to_state, updated_at = now() WHERE id = @id AND state IN ('listed', 'paused');

-- name: DirectoryQuestion :exec
UPDATE providers SET question = @question, asked_at = @at::timestamptz, updated_at = now() WHERE id = @id;

-- name: DirectoryWrite :exec
UPDATE providers
SET name = @name, structure = @structure, people = @people, town = @town, region = @region, everywhere = @everywhere,
    regions = @regions, on_site = @on_site, remote = @remote, kinds = @kinds, sizes = @sizes, languages = @languages,
    chatons = @chatons, presentation = @presentation, free_offer = @free_offer, quoted_offer = @quoted_offer,
    website = @website, contact_email = @contact_email, contact_phone = @contact_phone, search = @search, updated_at = now()
WHERE id = @id;

-- name: DirectorySetCapacity :exec
UPDATE providers SET capacity = @capacity, updated_at = now() WHERE id = @id;

-- name: DirectoryProfileAsked :exec
UPDATE providers SET profile_asked_at = @at::timestamptz, updated_at = now() WHERE id = @id;

-- name: DirectoryProfileConfirmed :exec
UPDATE providers SET profile_confirmed_at = @at::timestamptz, profile_asked_at = NULL, updated_at = now() WHERE id = @id;

-- name: DirectoryTendable :many
SELECT p.id FROM providers p
WHERE p.state IN ('listed', 'paused')
  AND ((p.state = 'paused') <> EXISTS (
           SELECT 1 FROM provider_pauses o
           WHERE o.provider_id = p.id AND o.from_at <= @now::timestamptz AND (o.until_at IS NULL OR o.until_at > @now::timestamptz))
       OR p.profile_asked_at IS NULL AND coalesce(p.profile_confirmed_at, p.listed_at) <= @confirmed_before::timestamptz
       OR p.profile_asked_at <= @asked_before::timestamptz AND NOT EXISTS (
           SELECT 1 FROM provider_pauses o
           WHERE o.provider_id = p.id AND o.cause = 'profile' AND (o.until_at IS NULL OR o.until_at > @now::timestamptz)))
ORDER BY p.id;
