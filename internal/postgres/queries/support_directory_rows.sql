-- What stands beside a provider: its projects, the exchange about its application, its members, its rests.

-- name: DirectoryProjects :many
SELECT id, association, year, summary, proof, public FROM provider_projects
WHERE provider_id = @provider_id ORDER BY year DESC, id;

-- name: DirectoryPublicProjects :many
SELECT provider_id, id, association, year, summary FROM provider_projects
WHERE provider_id = ANY(@provider_ids::bigint[]) AND public ORDER BY year DESC, id;

-- name: DirectoryInsertProject :exec
INSERT INTO provider_projects (provider_id, association, year, summary, proof, public)
VALUES (@provider_id, @association, @year, @summary, @proof, @public);

-- name: DirectoryDeleteProject :exec
DELETE FROM provider_projects WHERE provider_id = @provider_id AND id = @id;

-- name: DirectoryNotes :many
SELECT by_team, body, created_at FROM provider_notes WHERE provider_id = @provider_id ORDER BY id;

-- name: DirectoryInsertNote :many
INSERT INTO provider_notes (provider_id, by_team, body, form_key, created_at)
VALUES (@provider_id, @by_team, @body, @form_key::text, @created_at)
ON CONFLICT (form_key) DO NOTHING
RETURNING id;

-- name: DirectoryMembers :many
SELECT p.id, p.email, coalesce(nullif(m.name, ''), p.name)::text AS name, p.lang, p.staff_role, p.totp_confirmed_at, m.manager,
       m.invited_at, m.joined_at
FROM provider_members m JOIN people p ON p.id = m.person_id
WHERE m.provider_id = @provider_id
ORDER BY m.manager DESC, lower(coalesce(nullif(m.name, ''), p.name)), p.id;

-- name: DirectoryMemberships :many
SELECT m.provider_id, m.manager, (m.joined_at IS NOT NULL)::boolean AS joined FROM provider_members m JOIN providers p ON p.id = m.provider_id
WHERE m.person_id = @person_id AND p.state IN ('listed', 'paused');

-- name: DirectoryPutMember :exec
INSERT INTO provider_members (provider_id, person_id, name, manager, invited_at, joined_at)
VALUES (@provider_id, @person_id, @name, @manager, @invited_at, sqlc.narg(joined_at))
ON CONFLICT (provider_id, person_id) DO UPDATE SET manager = excluded.manager;

-- name: DirectoryInviteMember :exec
UPDATE provider_members SET invited_at = @at WHERE provider_id = @provider_id AND person_id = @person_id;

-- name: DirectoryJoin :exec
UPDATE provider_members SET joined_at = @at::timestamptz WHERE provider_id = @provider_id AND person_id = @person_id;

-- name: DirectoryDeleteMember :exec
DELETE FROM provider_members WHERE provider_id = @provider_id AND person_id = @person_id;

-- Whoever changes one waits, or is waited for: who is given a ticket meanwhile is seen by the statement after this one.
-- name: DirectoryLockTickets :exec
SELECT id FROM tickets WHERE provider_id = @provider_id::bigint ORDER BY id FOR NO KEY UPDATE;

-- What the team holds is looked after by one of the team, who may be a member, too.
-- name: DirectoryReleaseTickets :many
UPDATE tickets SET assignee_id = NULL
WHERE provider_id = @provider_id::bigint AND assignee_id = @person_id::bigint AND NOT escalated
RETURNING id;

-- name: DirectoryPauses :many
SELECT id, from_at, until_at, cause FROM provider_pauses
WHERE provider_id = @provider_id AND (until_at IS NULL OR until_at > @not_over_at::timestamptz)
ORDER BY from_at, id;

-- name: DirectoryInsertPause :exec
INSERT INTO provider_pauses (provider_id, from_at, until_at, cause)
VALUES (@provider_id, @from_at, @until_at, @cause);

-- name: DirectoryDeletePause :exec
DELETE FROM provider_pauses WHERE id = @id;

-- name: DirectoryEndPause :exec
UPDATE provider_pauses SET until_at = @at::timestamptz WHERE id = @id AND from_at < @at::timestamptz;
