SELECT node_id FROM inventory.nodes WHERE node_id = ANY (:node_ids::int[])
