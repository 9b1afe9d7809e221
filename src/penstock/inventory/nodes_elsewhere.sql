SELECT n.code
FROM inventory.pool_node AS p
JOIN inventory.node AS n ON n.node_id = p.node_id
WHERE p.merchant_id = :merchant_id::int
    AND p.node_id = ANY (:node_ids::int[])
    AND p.family_id <> :pool_id::int
ORDER BY n.code
