-- The last pick-up at the order's node that still makes its dispatch deadline, local cut-offs.
SELECT j.fulfilment_order_id, j.order_ref, f.node_id, p.cut_off_at, coalesce(l.vendor, '') AS carrier
FROM experience.journey AS j
LEFT JOIN allocation.fulfilment_orders AS f
    ON (f.merchant_id, f.fulfilment_order_id) = (j.merchant_id, j.fulfilment_order_id)
LEFT JOIN LATERAL (
    SELECT max(c.at) AS cut_off_at
    FROM inventory.nodes AS n
    JOIN vendors.pickups AS p ON p.node_id = n.node_id
    CROSS JOIN LATERAL (
        SELECT (((j.dispatch_by_at AT TIME ZONE n.zone)::date - back + p.cut_off)
                AT TIME ZONE n.zone) AS at
        FROM generate_series(0, 1) AS back
    ) AS c
    WHERE n.node_id = f.node_id AND c.at <= j.dispatch_by_at AND c.at > :now::timestamptz
) AS p ON j.dispatched_at IS NULL
LEFT JOIN LATERAL (
    SELECT l.vendor
    FROM warehouse.parcels AS a
    JOIN shipping.labels AS l ON (l.merchant_id, l.parcel_id) = (a.merchant_id, a.parcel_id)
    WHERE (a.merchant_id, a.fulfilment_order_id) = (j.merchant_id, j.fulfilment_order_id)
    ORDER BY a.parcel_id
    LIMIT 1
) AS l ON true
WHERE j.merchant_id = :merchant::int
    AND j.fulfilment_order_id = ANY (:fulfilment_orders::bigint[])
