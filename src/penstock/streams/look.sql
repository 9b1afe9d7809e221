-- Only what is not terminal has a deadline, so its index finds what is open. The first fulfilment
-- order of an order bears its id, and has no record before it is allocated. One look-up an order,
-- each by its key: OFFSET 0 keeps a planner from pairing all of a merchant's rows first.
WITH open AS MATERIALIZED (
    SELECT s.merchant_id, s.subject_id AS fulfilment_order_id, s.status, f.node_id, o.stream_id,
        o.received_at, o.dispatch_by_at
    FROM lifecycle.subjects AS s
    LEFT JOIN LATERAL (
        SELECT f.node_id, f.order_id
        FROM allocation.fulfilment_orders AS f
        WHERE (f.merchant_id, f.fulfilment_order_id) = (s.merchant_id, s.subject_id)
        OFFSET 0
    ) AS f ON true
    CROSS JOIN LATERAL (
        SELECT o.stream_id, o.received_at, o.dispatch_by_at
        FROM orders.receipts AS o
        WHERE (o.merchant_id, o.order_id) = (s.merchant_id, coalesce(f.order_id, s.subject_id))
        OFFSET 0
    ) AS o
    WHERE s.kind = 'fulfilment_order' AND s.deadline_at < 'infinity'
        AND s.status NOT IN ('shipped')
), at_node AS (
    SELECT p.*, :now::timestamptz + interval '1 hour' * (row_number() OVER (
            PARTITION BY p.node_id ORDER BY p.status = 'allocated', p.dispatch_by_at,
                p.fulfilment_order_id, p.merchant_id)) / n.orders_per_hour AS served_at
    FROM open AS p
    JOIN inventory.nodes AS n ON n.node_id = p.node_id
    WHERE p.status IN ('allocated', 'released', 'picked')
), busy AS (
    SELECT node_id, count(*) AS orders FROM at_node GROUP BY node_id
), merchant AS (
    SELECT w.merchant_id, sum(n.orders_per_hour) AS orders_per_hour,
        sum(coalesce(b.orders, 0)) AS orders
    FROM inventory.pool_nodes AS w
    JOIN inventory.nodes AS n ON n.node_id = w.node_id
    LEFT JOIN busy AS b ON b.node_id = w.node_id
    GROUP BY w.merchant_id
), nowhere AS (
    SELECT p.*, :now::timestamptz + interval '1 hour' * (m.orders + row_number() OVER (
            PARTITION BY p.merchant_id ORDER BY p.dispatch_by_at, p.fulfilment_order_id))
            / m.orders_per_hour AS served_at
    FROM open AS p
    LEFT JOIN merchant AS m ON m.merchant_id = p.merchant_id
    WHERE p.status IN ('held', 'open', 'reserved')
), foreseen AS (
    SELECT merchant_id, stream_id, status, received_at, dispatch_by_at, served_at FROM at_node
    UNION ALL
    SELECT merchant_id, stream_id, status, received_at, dispatch_by_at, served_at FROM nowhere
    UNION ALL
    SELECT merchant_id, stream_id, status, received_at, dispatch_by_at, :now::timestamptz
    FROM open
    WHERE status IN ('packed', 'backordered')
), counted AS (
    SELECT merchant_id, stream_id, status, count(*)::int AS orders,
        count(*) FILTER (WHERE served_at > dispatch_by_at)::int AS late,
        min(received_at) FILTER (WHERE status <> 'packed') AS oldest_at
    FROM foreseen
    WHERE stream_id IS NOT NULL
    GROUP BY merchant_id, stream_id, status
), stored AS (
    INSERT INTO streams.watch (merchant_id, stream_id, at, open_orders, late_orders,
                               oldest_unserved_at, backlog)
    SELECT s.merchant_id, s.stream_id, :now::timestamptz, coalesce(sum(c.orders), 0),
        coalesce(sum(c.late), 0), min(c.oldest_at),
        coalesce(jsonb_object_agg(c.status, c.orders) FILTER (WHERE c.status IS NOT NULL), '{}')
    FROM streams.stream AS s
    LEFT JOIN counted AS c ON (c.merchant_id, c.stream_id) = (s.merchant_id, s.stream_id)
    WHERE s.state = 'live'
    GROUP BY s.merchant_id, s.stream_id
    ORDER BY s.merchant_id, s.stream_id
    ON CONFLICT (merchant_id, stream_id) DO UPDATE
    SET at = excluded.at, open_orders = excluded.open_orders, late_orders = excluded.late_orders,
        oldest_unserved_at = excluded.oldest_unserved_at, backlog = excluded.backlog
    RETURNING 1
)
SELECT count(*)::int AS streams FROM stored
