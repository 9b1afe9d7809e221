-- Pages end with whole SKUs, and are counted in SKUs that some pool carries.
WITH page AS (
    SELECT k.merchant_id, k.sku_id, k.code
    FROM merchants.skus AS k
    WHERE k.merchant_id = :merchant_id::int AND k.code > :after::text
        AND EXISTS (SELECT FROM inventory.pool_stock AS s
                    WHERE (s.merchant_id, s.sku_id) = (k.merchant_id, k.sku_id))
    ORDER BY k.code
    LIMIT :skus::int
)
SELECT page.code AS sku, p.code AS pool, s.on_hand, s.reserved, s.on_hand - s.reserved AS available
FROM page
JOIN inventory.pool_stock AS s
    ON (s.merchant_id, s.sku_id) = (page.merchant_id, page.sku_id)
JOIN inventory.pool AS p ON (p.merchant_id, p.pool_id) = (s.merchant_id, s.pool_id)
ORDER BY page.code, p.code
