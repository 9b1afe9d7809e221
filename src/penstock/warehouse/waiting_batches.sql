SELECT batch_id, style, orders, ship_by_at
FROM warehouse.batch
WHERE node_id = :node_id::int AND picker IS NULL
ORDER BY ship_by_at, batch_id
LIMIT :limit::int
