-- name: MetricTickets :many
SELECT known.state::text AS of, count(t.id) AS n
FROM unnest(@states::text[]) AS known (state)
LEFT JOIN tickets t ON t.state = known.state
GROUP BY known.state
ORDER BY known.state;

-- name: MetricUnanswered :many
SELECT known.holder::text AS holder, count(t.id) AS n,
    count(t.id) FILTER (WHERE t.answer_due_at < now()) AS late,
    COALESCE(extract(epoch FROM now() - min(t.created_at)), 0)::float8 AS age
FROM unnest(ARRAY['provider', 'team']) AS known (holder)
LEFT JOIN tickets t ON t.answer_due_at IS NOT NULL AND t.state NOT IN ('solved', 'closed')
    AND (t.provider_id IS NULL OR t.escalated) = (known.holder = 'team')
GROUP BY known.holder
ORDER BY known.holder;

-- name: MetricSupportLinks :many
SELECT known.state::text AS of, count(l.id) AS n
FROM unnest(@states::text[]) AS known (state)
LEFT JOIN support_links l ON l.state = known.state
GROUP BY known.state
ORDER BY known.state;

-- name: MetricProviders :many
SELECT known.state::text AS of, count(p.id) AS n
FROM unnest(@states::text[]) AS known (state)
LEFT JOIN providers p ON p.state = known.state
GROUP BY known.state
ORDER BY known.state;

-- name: MetricDeliveries :one
SELECT count(*) AS n, COALESCE(extract(epoch FROM now() - min(d.next_try_at)), 0)::float8 AS age
FROM webhook_deliveries d
JOIN webhooks w ON w.id = d.webhook_id
WHERE d.state = 'pending' AND d.next_try_at <= now() AND w.state = 'on';
