-- Where several parcels carry an order, the carrier of the first answers for all. What was cancelled
-- before its delivery fell due was not late.
SELECT coalesce(n.code, '') AS origin, coalesce(n.country, '') AS origin_country, j.market,
    coalesce(c.vendor, '') AS carrier, count(*)::int AS due,
    (count(*) FILTER (WHERE j.delivered_at <= j.deliver_by_at))::int AS on_time
FROM experience.journey AS j
LEFT JOIN allocation.fulfilment_orders AS f
    ON (f.merchant_id, f.fulfilment_order_id) = (j.merchant_id, j.fulfilment_order_id)
LEFT JOIN inventory.nodes AS n ON n.node_id = f.node_id
LEFT JOIN LATERAL (
    SELECT l.vendor
    FROM warehouse.parcels AS p
    JOIN shipping.labels AS l ON (l.merchant_id, l.parcel_id) = (p.merchant_id, p.parcel_id)
    WHERE (p.merchant_id, p.fulfilment_order_id) = (j.merchant_id, j.fulfilment_order_id)
    ORDER BY p.parcel_no
    LIMIT 1
) AS c ON true
WHERE j.merchant_id = :merchant_id::int
    AND j.deliver_by_at > :from_at::timestamptz AND j.deliver_by_at <= :to_at::timestamptz
    AND j.excluded IS NULL
    AND (j.cancelled_at IS NULL OR j.cancelled_at > j.deliver_by_at)
GROUP BY 1, 2, 3, 4
ORDER BY due DESC, 1, 2, 3, 4
