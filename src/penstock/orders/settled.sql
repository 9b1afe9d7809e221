SELECT r.order_id, s.status, r.paid_at IS NOT NULL AS paid,
    coalesce(c.reason, CASE s.status WHEN 'cancelled' THEN 'cancelled' END, '') AS ended_because
FROM unnest(:order_ids::bigint[]) AS w (order_id)
JOIN orders.receipt AS r
    ON (r.merchant_id, r.order_id) = (:merchant_id::int, w.order_id) AND r.outcome = 'accepted'
JOIN lifecycle.subjects AS s ON (s.merchant_id, s.subject_id) = (r.merchant_id, r.order_id)
LEFT JOIN orders.cancellation AS c
    ON (c.merchant_id, c.fulfilment_order_id) = (r.merchant_id, r.order_id)
ORDER BY r.order_id
