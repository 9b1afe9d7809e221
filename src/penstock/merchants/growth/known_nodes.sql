SELECT node_id
FROM inventory.pool_nodes
WHERE merchant_id = :merchant_id::int AND node_id = ANY (:node_ids::int[])
ORDER BY node_id
