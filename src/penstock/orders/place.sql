-- A stream's ring-fence comes before the market's pools; a SKU that no pool carries gets pool 0,
-- which never has stock.
SELECT w.position::int, s.sku_id, s.approved_at IS NOT NULL AS approved,
    coalesce((
        SELECT p.pool_id
        FROM inventory.pools AS p
        JOIN inventory.pool_stocks AS c USING (merchant_id, pool_id)
        LEFT JOIN inventory.pool_markets AS m
            ON (m.merchant_id, m.pool_id, m.country) = (p.merchant_id, p.pool_id, w.country)
        WHERE p.merchant_id = :merchant_id::int
            AND c.sku_id = s.sku_id
            AND (p.stream_id = w.stream_id OR m.pool_id IS NOT NULL)
        ORDER BY p.stream_id IS NULL, m.rank, p.pool_id
        LIMIT 1
    ), 0) AS pool_id
FROM unnest(:sku_codes::text[], :countries::text[], :stream_ids::bigint[])
    WITH ORDINALITY AS w (sku_code, country, stream_id, position)
JOIN merchants.skus AS s ON (s.merchant_id, s.code) = (:merchant_id::int, w.sku_code)
