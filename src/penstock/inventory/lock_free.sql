SELECT s.node_id
FROM inventory.node_stock AS s
JOIN unnest(:merchant_ids::int[], :sku_ids::bigint[]) AS w (merchant_id, sku_id)
    ON (s.merchant_id, s.sku_id) = (w.merchant_id, w.sku_id)
ORDER BY s.merchant_id, s.node_id, s.sku_id
FOR UPDATE OF s
