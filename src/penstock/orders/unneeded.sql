-- An order that allocation has not seen yet is its own, only fulfilment order.
WITH ask AS (
    SELECT DISTINCT *
    FROM unnest(:merchant_ids::int[], :order_ids::bigint[]) AS a (merchant_id, order_id)
), live AS (
    SELECT f.merchant_id, f.order_id, l.line_no, sum(l.quantity)::int AS quantity
    FROM ask AS a
    JOIN allocation.fulfilment_orders AS f
        ON (f.merchant_id, f.order_id) = (a.merchant_id, a.order_id)
    JOIN allocation.fulfilment_lines AS l
        ON (l.merchant_id, l.fulfilment_order_id) = (f.merchant_id, f.fulfilment_order_id)
    JOIN lifecycle.subjects AS s
        ON (s.merchant_id, s.subject_id) = (f.merchant_id, f.fulfilment_order_id)
    WHERE s.status NOT IN ('shipped', 'delivered', 'undelivered', 'cancelled')
    GROUP BY f.merchant_id, f.order_id, l.line_no
    UNION ALL
    SELECT l.merchant_id, l.order_id, l.line_no, l.accepted - l.backordered
    FROM ask AS a
    JOIN lifecycle.subjects AS s ON (s.merchant_id, s.subject_id) = (a.merchant_id, a.order_id)
    JOIN orders.line AS l ON (l.merchant_id, l.order_id) = (a.merchant_id, a.order_id)
    WHERE s.status <> 'cancelled'
        AND NOT EXISTS (
            SELECT FROM allocation.fulfilment_orders AS f
            WHERE (f.merchant_id, f.order_id) = (a.merchant_id, a.order_id))
)
SELECT r.merchant_id, r.order_id, r.line_no, r.quantity - coalesce(l.quantity, 0) AS quantity
FROM ask AS a
JOIN inventory.reservations AS r ON (r.merchant_id, r.order_id) = (a.merchant_id, a.order_id)
LEFT JOIN live AS l
    ON (l.merchant_id, l.order_id, l.line_no) = (r.merchant_id, r.order_id, r.line_no)
WHERE r.quantity > coalesce(l.quantity, 0)
ORDER BY r.merchant_id, r.order_id, r.line_no
