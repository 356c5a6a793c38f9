-- name: CreateSpace :one
INSERT INTO spaces (public_id, application_id, person_id, state, name, slug, lang, suite, total_bytes, account_limit, personal_bytes)
VALUES (@public_id, @application_id, @person_id::bigint, 'queued', @name, @slug, @lang, @suite, @total_bytes, @account_limit, @personal_bytes)
RETURNING id;

-- name: CreateLead :exec
INSERT INTO accounts (space_id, name, email, lang, role, state, wanted)
VALUES (@space_id, @name, @email, @lang, 'lead', 'invited', 'create');
