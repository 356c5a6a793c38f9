-- name: SpaceForMail :one
SELECT s.public_id, s.name, coalesce(p.email, '')::text AS lead_email
FROM spaces s LEFT JOIN people p ON p.id = s.person_id
WHERE s.id = @id;
