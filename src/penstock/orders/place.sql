-- A batch names few distinct places, so each is looked up once. A stream's ring-fence comes before
-- the market's pools; a SKU that no pool carries gets pool 0, which never has stock.
WITH wanted AS (
    SELECT * FROM unnest(:sku_codes::text[], :countries::text[], :stream_ids::bigint[])
        WITH ORDINALITY AS w (sku_code, country, stream_id, position)
), distinct_places AS (
    SELECT DISTINCT sku_code, country, stream_id FROM wanted
), found AS (
    SELECT d.sku_code, d.country, d.stream_id, s.sku_id, s.approved_at IS NOT NULL AS approved,
        coalesce((
            SELECT p.pool_id
            FROM inventory.pools AS p
            JOIN inventory.pool_stocks AS c USING (merchant_id, pool_id)
            LEFT JOIN inventory.pool_markets AS m
                ON (m.merchant_id, m.pool_id, m.country) = (p.merchant_id, p.pool_id, d.country)
            WHERE p.merchant_id = :merchant_id::int
                AND c.sku_id = s.sku_id
                AND (p.stream_id = d.stream_id OR m.pool_id IS NOT NULL)
            ORDER BY p.stream_id IS NULL, m.rank, p.pool_id
            LIMIT 1
        ), 0) AS pool_id
    FROM distinct_places AS d
    JOIN merchants.skus AS s ON (s.merchant_id, s.code) = (:merchant_id::int, d.sku_code)
)
SELECT (w.position - 1)::int AS position, f.sku_id, f.approved, f.pool_id
FROM wanted AS w
JOIN found AS f
    ON (f.sku_code, f.country) = (w.sku_code, w.country)
    AND f.stream_id IS NOT DISTINCT FROM w.stream_id
