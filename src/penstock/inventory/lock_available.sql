SELECT s.pool_id, s.sku_id, s.on_hand - s.reserved AS available
FROM inventory.pool_stock AS s
JOIN unnest(:pool_ids::int[], :sku_ids::bigint[]) AS w (pool_id, sku_id)
    ON (s.pool_id, s.sku_id) = (w.pool_id, w.sku_id)
WHERE s.merchant_id = :merchant_id::int
ORDER BY s.pool_id, s.sku_id
FOR UPDATE OF s
