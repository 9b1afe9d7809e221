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
), allocated AS MATERIALIZED (
    -- One look-up an order, each by its key: OFFSET 0 keeps a planner that has no statistics yet
    -- from pairing all of a merchant's rows first.
    SELECT f.merchant_id, f.fulfilment_order_id, f.node_id, o.dispatch_by_at
    FROM lifecycle.subjects AS s
    CROSS JOIN LATERAL (
        SELECT f.merchant_id, f.fulfilment_order_id, f.node_id, f.order_id
        FROM allocation.fulfilment_orders AS f
        WHERE (f.merchant_id, f.fulfilment_order_id) = (s.merchant_id, s.subject_id)
            AND f.node_id IN (SELECT node_id FROM floor WHERE room > 0)
        OFFSET 0
    ) AS f
    CROSS JOIN LATERAL (
        SELECT o.dispatch_by_at
        FROM orders.orders AS o
        WHERE (o.merchant_id, o.order_id) = (f.merchant_id, f.order_id)
        OFFSET 0
    ) AS o
    WHERE s.kind = 'fulfilment_order' AND s.status = 'allocated'
        AND s.due_at <= :now::timestamptz
        AND EXISTS (SELECT FROM floor WHERE room > 0)
), waiting AS (
    SELECT a.merchant_id, a.fulfilment_order_id, floor.room,
        row_number() OVER (PARTITION BY a.node_id
                           ORDER BY a.dispatch_by_at, a.fulfilment_order_id, a.merchant_id) AS turn
    FROM allocated AS a
    JOIN floor ON floor.node_id = a.node_id
)
SELECT merchant_id, fulfilment_order_id AS subject_id
FROM waiting
WHERE turn <= room
ORDER BY merchant_id, subject_id
