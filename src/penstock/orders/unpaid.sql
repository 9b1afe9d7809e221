SELECT u.order_id, r.country, u.hold, u.sla, u.extra_days,
    EXISTS (
        SELECT
        FROM orders.line AS l
        WHERE (l.merchant_id, l.order_id) = (u.merchant_id, u.order_id) AND l.backordered > 0
    ) AS short
FROM unnest(:order_ids::bigint[]) AS w (order_id)
JOIN orders.unpaid AS u ON (u.merchant_id, u.order_id) = (:merchant_id::int, w.order_id)
JOIN orders.receipt AS r ON (r.merchant_id, r.order_id) = (:merchant_id::int, w.order_id)
ORDER BY u.order_id
