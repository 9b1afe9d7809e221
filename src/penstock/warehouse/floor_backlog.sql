SELECT
    (SELECT count(*) FROM warehouse.batch
     WHERE node_id = :node_id::int AND picker IS NULL)::int AS batches_waiting,
    (SELECT count(*) FROM warehouse.batch
     WHERE node_id = :node_id::int AND picker IS NOT NULL AND picked_at IS NULL
    )::int AS batches_in_hand,
    (SELECT count(*) FROM warehouse.batch_order
     WHERE node_id = :node_id::int AND picked_at IS NULL AND short_at IS NULL
    )::int AS orders_to_pick,
    (SELECT count(*) FROM warehouse.batch_order
     WHERE node_id = :node_id::int AND picked_at IS NOT NULL AND packed_at IS NULL
    )::int AS orders_to_pack
