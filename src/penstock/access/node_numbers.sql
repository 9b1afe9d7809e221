SELECT node_id FROM inventory.nodes ORDER BY node_id
