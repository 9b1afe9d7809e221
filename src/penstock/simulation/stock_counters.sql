SELECT 'pool' AS plane, merchant_id, sku_id, pool_id AS holder, on_hand, reserved AS kept
FROM inventory.pool_stocks
UNION ALL
SELECT 'node', merchant_id, sku_id, node_id, on_hand, allocated
FROM inventory.node_stocks
