SELECT node_id FROM inventory.node WHERE node_id = ANY (:node_ids::int[]) ORDER BY node_id
