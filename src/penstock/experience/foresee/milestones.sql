-- Clocks in hours from :now, infinity where a thing has not happened; one row, for a million numbers
-- travel faster as arrays. Who carries an order is known of our own parcels; its market always.
SELECT
    coalesce(array_agg(j.fulfilment_order_id ORDER BY j.fulfilment_order_id), '{}') AS orders,
    coalesce(array_agg(extract(epoch FROM j.ordered_at - :now::timestamptz)::float8 / 3600
        ORDER BY j.fulfilment_order_id), '{}') AS ordered,
    coalesce(array_agg(coalesce(extract(epoch FROM j.paid_at - :now::timestamptz)::float8 / 3600,
        'infinity') ORDER BY j.fulfilment_order_id), '{}') AS paid,
    coalesce(array_agg(coalesce(extract(epoch FROM j.accepted_at - :now::timestamptz)::float8
        / 3600, 'infinity') ORDER BY j.fulfilment_order_id), '{}') AS accepted,
    coalesce(array_agg(coalesce(extract(epoch FROM j.allocated_at - :now::timestamptz)::float8
        / 3600, 'infinity') ORDER BY j.fulfilment_order_id), '{}') AS allocated,
    coalesce(array_agg(coalesce(extract(epoch FROM j.released_at - :now::timestamptz)::float8
        / 3600, 'infinity') ORDER BY j.fulfilment_order_id), '{}') AS released,
    coalesce(array_agg(coalesce(extract(epoch FROM j.picked_at - :now::timestamptz)::float8
        / 3600, 'infinity') ORDER BY j.fulfilment_order_id), '{}') AS picked,
    coalesce(array_agg(coalesce(extract(epoch FROM j.packed_at - :now::timestamptz)::float8
        / 3600, 'infinity') ORDER BY j.fulfilment_order_id), '{}') AS packed,
    coalesce(array_agg(coalesce(extract(epoch FROM j.dispatched_at - :now::timestamptz)::float8
        / 3600, 'infinity') ORDER BY j.fulfilment_order_id), '{}') AS dispatched,
    coalesce(array_agg(coalesce(extract(epoch FROM least(j.delivered_at, j.lost_at)
        - :now::timestamptz)::float8 / 3600, 'infinity') ORDER BY j.fulfilment_order_id), '{}')
        AS ended,
    coalesce(array_agg(coalesce(extract(epoch FROM j.cancelled_at - :now::timestamptz)::float8
        / 3600, 'infinity') ORDER BY j.fulfilment_order_id), '{}') AS cancelled,
    coalesce(array_agg(coalesce(c.vendor, '') || ' ' || j.market
        ORDER BY j.fulfilment_order_id), '{}') AS lanes
FROM experience.journey AS j
LEFT JOIN LATERAL (
    SELECT l.vendor
    FROM warehouse.parcels AS p
    JOIN shipping.labels AS l ON (l.merchant_id, l.parcel_id) = (p.merchant_id, p.parcel_id)
    WHERE (p.merchant_id, p.fulfilment_order_id) = (j.merchant_id, j.fulfilment_order_id)
    ORDER BY p.parcel_id
    LIMIT 1
) AS c ON j.fulfilment_order_id > 0
WHERE j.merchant_id = :merchant::int
    AND j.ordered_at > :since::timestamptz AND j.ordered_at <= :now::timestamptz
