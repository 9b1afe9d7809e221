SELECT a.sku_id, greatest(coalesce(n.on_hand, 0), coalesce(p.on_hand, 0)) AS on_hand
FROM unnest(:sku_ids::bigint[]) AS a (sku_id)
LEFT JOIN inventory.pool_node AS b ON (b.merchant_id, b.node_id) = (:merchant_id::int, :node_id::int)
LEFT JOIN inventory.node_stock AS n
    ON (n.merchant_id, n.node_id, n.sku_id) = (:merchant_id::int, :node_id::int, a.sku_id)
LEFT JOIN inventory.pool_stock AS p
    ON (p.merchant_id, p.pool_id, p.sku_id) = (:merchant_id::int, b.family_id, a.sku_id)
