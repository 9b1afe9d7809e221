-- All that was recorded of orders, their parcels and their returns, by whoever told it.
SELECT h.fulfilment_order_id, h.parcel_id, h.at, h.source, h.what, h.place, h.detail,
    h.local_time, h.received_at
FROM unnest(:fulfilment_orders::bigint[]) AS w (fulfilment_order_id)
CROSS JOIN LATERAL (
    SELECT p.parcel_id
    FROM warehouse.parcels AS p
    WHERE (p.merchant_id, p.fulfilment_order_id) = (:merchant::int, w.fulfilment_order_id)
    UNION ALL
    SELECT NULL
    OFFSET 0
) AS p
CROSS JOIN LATERAL (
    SELECT w.fulfilment_order_id, p.parcel_id, m.at, 'own record' AS source, m.event AS what,
        '' AS place, '' AS detail, '' AS local_time, m.at AS received_at, m.history_id AS rank
    FROM lifecycle.moves AS m
    WHERE (m.merchant_id, m.subject_id)
        = (:merchant::int, coalesce(p.parcel_id, w.fulfilment_order_id))
    UNION ALL
    SELECT w.fulfilment_order_id, NULL, m.at, 'own record', 'return ' || m.event, '', '', '', m.at,
        m.history_id
    FROM returns.rmas AS r
    JOIN lifecycle.moves AS m ON (m.merchant_id, m.subject_id) = (r.merchant_id, r.return_id)
    WHERE p.parcel_id IS NULL
        AND (r.merchant_id, r.fulfilment_order_id) = (:merchant::int, w.fulfilment_order_id)
    UNION ALL
    SELECT w.fulfilment_order_id, e.parcel_id, e.occurred_at, 'carrier ' || e.vendor, e.status,
        e.place, concat_ws(', ', e.code, nullif(e.reason, ''), nullif(e.detail, '')),
        e.local_time, e.received_at, 0
    FROM tracking.events AS e
    WHERE (e.merchant_id, e.parcel_id) = (:merchant::int, p.parcel_id)
    UNION ALL
    SELECT w.fulfilment_order_id, e.parcel_id, e.occurred_at, 'broker ' || e.vendor,
        'customs: ' || e.status, '',
        concat_ws(', ', e.code, nullif(e.reason, ''), nullif(e.detail, '')), e.local_time,
        e.received_at, 0
    FROM customs.events AS e
    WHERE (e.merchant_id, e.parcel_id) = (:merchant::int, p.parcel_id)
    OFFSET 0
) AS h
WHERE h.at <= :as_of::timestamptz
ORDER BY h.fulfilment_order_id, h.at, h.rank, h.source, h.what, h.parcel_id
