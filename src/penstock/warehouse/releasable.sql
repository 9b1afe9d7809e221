-- The limit is on what is released and not yet picked; a floor that is full is not sorted for.
WITH busy AS (
    SELECT node_id, count(*) AS orders
    FROM warehouse.batch_order
    WHERE picked_at IS NULL AND short_at IS NULL
    GROUP BY node_id
), floor AS (
    SELECT n.node_id,
        floor(n.orders_per_hour * :in_progress_max_hours::float8) - coalesce(b.orders, 0) AS room
    FROM inventory.nodes AS n
    LEFT JOIN busy AS b ON b.node_id = n.node_id
), waiting AS (
    SELECT f.merchant_id, f.fulfilment_order_id, floor.room,
        row_number() OVER (PARTITION BY f.node_id
                           ORDER BY o.dispatch_by_at, f.fulfilment_order_id, f.merchant_id) AS turn
    FROM lifecycle.subjects AS s
    JOIN allocation.fulfilment_orders AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (s.merchant_id, s.subject_id)
    JOIN floor ON floor.node_id = f.node_id AND floor.room > 0
    JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (f.merchant_id, f.order_id)
    WHERE s.kind = 'fulfilment_order' AND s.status = 'allocated'
        AND s.due_at <= :now::timestamptz
)
SELECT merchant_id, fulfilment_order_id AS subject_id
FROM waiting
WHERE turn <= room
ORDER BY merchant_id, subject_id
