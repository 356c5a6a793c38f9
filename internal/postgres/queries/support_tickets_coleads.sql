-- name: LockColeadAccount :one
SELECT name, email, lang FROM accounts
WHERE id = @id AND space_id = @space_id AND role = 'member' AND state IN ('invited', 'active')
FOR SHARE;

-- name: InsertColead :execrows
INSERT INTO space_coleads (space_id, account_id, person_id) VALUES (@space_id, @account_id, @person_id)
ON CONFLICT (space_id, person_id) DO UPDATE SET account_id = excluded.account_id
WHERE space_coleads.account_id <> excluded.account_id;

-- name: DeleteColead :execrows
DELETE FROM space_coleads WHERE space_id = @space_id AND account_id = @account_id;

-- name: Coleads :many
SELECT c.account_id, c.person_id, a.name, a.email, (a.state = 'active')::boolean AS active
FROM space_coleads c JOIN accounts a ON a.id = c.account_id
WHERE c.space_id = @space_id AND a.state IN ('invited', 'active')
ORDER BY a.name, a.id;

-- name: ColeadSpaces :many
SELECT s.public_id FROM space_coleads c
JOIN accounts a ON a.id = c.account_id
JOIN spaces s ON s.id = c.space_id
WHERE c.person_id = @person_id AND a.state = 'active'
ORDER BY s.id;

-- Whose own address it is comes first. Asked by two indexes: in one condition with OR it would read everybody.
-- name: PeopleByAddress :many
SELECT p.id, p.email, p.name, p.lang, p.staff_role, p.totp_confirmed_at, (lower(p.email) = lower(@address))::boolean AS own
FROM people p
WHERE p.id IN (SELECT o.id FROM people o WHERE lower(o.email) = lower(@address)
               UNION SELECT x.person_id FROM person_addresses x WHERE lower(x.email) = lower(@address))
ORDER BY own DESC, p.id;

-- name: HelpedSpaces :many
SELECT s.id FROM spaces s
WHERE s.state <> 'closed'
  AND (s.person_id = @person_id::bigint
       OR EXISTS (SELECT 1 FROM space_coleads c JOIN accounts a ON a.id = c.account_id
                  WHERE c.space_id = s.id AND c.person_id = @person_id::bigint AND a.state = 'active'))
ORDER BY s.id;
