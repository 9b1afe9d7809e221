-- Only what is not terminal has a deadline; parcels and returns have ids of their own.
WITH counted AS (
    SELECT f.node_id, count(*)::int AS orders
    FROM lifecycle.subjects AS s
    JOIN allocation.fulfilment_order AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (s.merchant_id, s.subject_id)
    WHERE s.deadline_at < 'infinity'
        AND s.kind = 'fulfilment_order'
        AND s.status IN ('allocated', 'released', 'picked')
    GROUP BY f.node_id
), stored AS (
    INSERT INTO allocation.backlog (node_id, orders, counted_at)
    SELECT n.node_id, coalesce(c.orders, 0), :now::timestamptz
    FROM inventory.nodes AS n
    LEFT JOIN counted AS c ON c.node_id = n.node_id
    ORDER BY n.node_id
    ON CONFLICT (node_id) DO UPDATE
    SET orders = excluded.orders, counted_at = excluded.counted_at
    RETURNING node_id
)
SELECT count(*)::int AS nodes FROM stored
