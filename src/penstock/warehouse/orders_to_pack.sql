SELECT merchant_id, fulfilment_order_id, ship_by_at, picked_at
FROM warehouse.batch_order
WHERE node_id = :node_id::int AND picked_at IS NOT NULL AND packed_at IS NULL
ORDER BY ship_by_at, fulfilment_order_id, merchant_id
LIMIT :limit::int
