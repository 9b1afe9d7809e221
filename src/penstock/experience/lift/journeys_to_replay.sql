-- A merchant's journeys of a time, with the node and the carrier that served each: of several
-- parcels the one that was packed last, since the order is as late as that.
SELECT j.fulfilment_order_id, j.market, j.ordered_at, j.paid_at, j.accepted_at, j.dispatch_by_at,
    j.deliver_by_at, j.allocated_at, j.picked_at, j.packed_at, j.labelled_at, j.dispatched_at,
    j.transit_by_at, j.delivered_at, j.cancelled_at, j.cancel_fault, j.returned_at, j.return_fault,
    j.lost_at, j.exception_fault, j.excluded, coalesce(f.node_id, 0) AS node_id,
    coalesce(p.vendor, '') AS vendor, coalesce(p.transit_days, 0) AS transit_days, p.pickup_at,
    coalesce(p.fee_minor, 0)::bigint AS fee_minor, coalesce(p.currency, '') AS fee_currency,
    coalesce(p.weight_g, 0) AS weight_g, coalesce(g.goods_minor, 0)::bigint AS goods_minor,
    coalesce(o.currency, '') AS currency,
    coalesce(g.only_sku_id, 0) AS only_sku_id
FROM experience.journey AS j
LEFT JOIN allocation.fulfilment_orders AS f
    ON (f.merchant_id, f.fulfilment_order_id) = (j.merchant_id, j.fulfilment_order_id)
LEFT JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (f.merchant_id, f.order_id)
LEFT JOIN LATERAL (
    SELECT l.vendor, c.transit_days, l.pickup_at, l.fee_minor, l.currency, p.weight_g
    FROM warehouse.parcels AS p
    JOIN shipping.labels AS l ON (l.merchant_id, l.parcel_id) = (p.merchant_id, p.parcel_id)
    JOIN shipping.choices AS c ON (c.merchant_id, c.parcel_id) = (p.merchant_id, p.parcel_id)
    WHERE (p.merchant_id, p.fulfilment_order_id) = (j.merchant_id, j.fulfilment_order_id)
    ORDER BY p.packed_at DESC, p.parcel_id DESC
    LIMIT 1
) AS p ON true
LEFT JOIN LATERAL (
    SELECT sum(l.quantity * n.unit_price_minor) AS goods_minor,
        CASE WHEN sum(l.quantity) = 1 THEN min(l.sku_id) END AS only_sku_id
    FROM allocation.fulfilment_lines AS l
    JOIN orders.lines AS n
        ON (n.merchant_id, n.order_id, n.line_no) = (l.merchant_id, f.order_id, l.line_no)
    WHERE (l.merchant_id, l.fulfilment_order_id) = (j.merchant_id, j.fulfilment_order_id)
) AS g ON true
WHERE j.merchant_id = :merchant::int
    AND j.ordered_at > :from_at::timestamptz AND j.ordered_at <= :as_of::timestamptz
ORDER BY j.ordered_at, j.fulfilment_order_id
