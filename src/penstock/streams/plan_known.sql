SELECT 'market' AS kind, 0 AS node_id, m.country
FROM merchants.markets AS m
WHERE m.merchant_id = :merchant_id::int
UNION ALL
SELECT 'node', n.node_id, ''
FROM inventory.nodes AS n
WHERE n.node_id = ANY (:node_ids::int[])
