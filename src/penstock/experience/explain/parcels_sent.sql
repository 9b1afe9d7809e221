-- Each order by itself and by key: a pack asks for some tens, a merchant has millions.
SELECT p.fulfilment_order_id, p.parcel_id, p.parcel_no, p.weight_g, p.packed_at, n.code AS node,
    l.vendor, l.service, l.tracking_number, l.bought_at, l.pickup_at, l.manifest,
    m.vendor_reference, m.closed_at, l.handed_over_at
FROM unnest(:fulfilment_orders::bigint[]) AS w (fulfilment_order_id)
CROSS JOIN LATERAL (
    SELECT p.*
    FROM warehouse.parcels AS p
    WHERE (p.merchant_id, p.fulfilment_order_id) = (:merchant::int, w.fulfilment_order_id)
    OFFSET 0
) AS p
LEFT JOIN inventory.nodes AS n ON n.node_id = p.node_id
LEFT JOIN shipping.labels AS l ON (l.merchant_id, l.parcel_id) = (p.merchant_id, p.parcel_id)
LEFT JOIN shipping.manifests AS m ON m.manifest = l.manifest
ORDER BY p.fulfilment_order_id, p.parcel_no
