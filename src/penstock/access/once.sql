-- A key that comes twice in one call stands for the first body of the two.
WITH said AS (
    SELECT DISTINCT ON (key) key, body_sha256
    FROM unnest(:keys::text[], :body_sha256::bytea[])
        WITH ORDINALITY AS s (key, body_sha256, position)
    ORDER BY key, position
), fresh AS (
    INSERT INTO access.idempotency (merchant_id, key, body_sha256, at)
    SELECT :merchant_id::int, key, body_sha256, :at::timestamptz
    FROM said
    ON CONFLICT (merchant_id, key) DO NOTHING
    RETURNING key, body_sha256
)
SELECT key, body_sha256 FROM fresh
UNION ALL
SELECT before.key, before.body_sha256
FROM said
CROSS JOIN LATERAL (
    SELECT key, body_sha256
    FROM access.idempotency
    WHERE (merchant_id, key) = (:merchant_id::int, said.key)
    OFFSET 0
) AS before
