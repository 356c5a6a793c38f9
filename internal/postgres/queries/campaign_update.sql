-- name: UpdateCampaign :execrows
UPDATE campaigns SET name = @name, opens_at = @opens_at, closes_at = @closes_at, capacity = @capacity
WHERE id = @id;
