-- The rule of receipt without streams: the first market pool by rank that carries the SKU.
SELECT k.sku_id, coalesce((
    SELECT m.pool_id
    FROM inventory.pool_markets AS m
    JOIN inventory.pool_stocks AS c
        ON (c.merchant_id, c.pool_id, c.sku_id) = (m.merchant_id, m.pool_id, k.sku_id)
    WHERE (m.merchant_id, m.country) = (k.merchant_id, :country::text)
    ORDER BY m.rank, m.pool_id
    LIMIT 1), 0) AS pool_id
FROM merchants.skus AS k
WHERE k.merchant_id = :merchant_id::int AND k.sku_id = ANY (:sku_ids::bigint[])
ORDER BY k.sku_id
