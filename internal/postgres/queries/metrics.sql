-- name: MetricReadings :many
SELECT s.public_id, r.quota_bytes, r.used_bytes, r.accounts, s.account_limit, r.read_at
FROM readings r
JOIN spaces s ON s.id = r.space_id
WHERE s.state <> 'closed'
ORDER BY s.public_id;

-- name: MetricSpaces :many
SELECT known.state::text AS of, count(s.id) AS n
FROM unnest(@states::text[]) AS known (state)
LEFT JOIN spaces s ON s.state = known.state
GROUP BY known.state
ORDER BY known.state;

-- name: MetricBlocked :many
SELECT blocked_cause::text AS of, count(*) AS n
FROM spaces
WHERE blocked_step IS NOT NULL
GROUP BY blocked_cause
ORDER BY blocked_cause;

-- name: MetricApplications :many
SELECT known.state::text AS of, count(a.id) AS n
FROM unnest(@states::text[]) AS known (state)
LEFT JOIN applications a ON a.state = known.state
GROUP BY known.state
ORDER BY known.state;

-- name: MetricMails :one
SELECT count(*) AS n, COALESCE(extract(epoch FROM now() - min(created_at)), 0)::float8 AS age
FROM mails
WHERE state = 'queued';

-- name: MetricHosts :many
SELECT h.name, h.health, h.capacity, count(s.id) AS spaces
FROM hosts h
LEFT JOIN spaces s ON s.host_id = h.id AND s.state <> 'closed'
WHERE h.lifecycle <> 'retired'
GROUP BY h.id
ORDER BY h.name;
