-- What waits for a worker and what is on a floor have an index each; parcels and returns have ids of
-- their own.
WITH waiting AS (
    SELECT s.merchant_id, s.subject_id
    FROM lifecycle.subjects AS s
    WHERE s.kind = 'fulfilment_order' AND s.status = 'allocated' AND s.due_at < 'infinity'
    UNION ALL
    SELECT s.merchant_id, s.subject_id
    FROM lifecycle.subjects AS s
    WHERE s.kind = 'fulfilment_order' AND s.status IN ('released', 'picked')
), counted AS (
    SELECT f.node_id, count(*)::int AS orders
    FROM waiting AS w
    JOIN allocation.fulfilment_order AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (w.merchant_id, w.subject_id)
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
