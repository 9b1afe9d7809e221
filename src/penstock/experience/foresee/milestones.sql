-- Clocks in hours from :now, infinity where a thing has not happened; one row, for a million numbers
-- travel faster as arrays. They go together but are in no order. Who carries an order is known of
-- our own parcels (the first one's label), which are packed after the order was placed; its market
-- always.
SELECT
    coalesce(array_agg(j.fulfilment_order_id), '{}') AS orders,
    coalesce(array_agg(date_part('epoch', j.ordered_at - :now::timestamptz) / 3600), '{}')
        AS ordered,
    coalesce(array_agg(coalesce(date_part('epoch', j.paid_at - :now::timestamptz) / 3600,
        'infinity')), '{}') AS paid,
    coalesce(array_agg(coalesce(date_part('epoch', j.accepted_at - :now::timestamptz) / 3600,
        'infinity')), '{}') AS accepted,
    coalesce(array_agg(coalesce(date_part('epoch', j.allocated_at - :now::timestamptz) / 3600,
        'infinity')), '{}') AS allocated,
    coalesce(array_agg(coalesce(date_part('epoch', j.released_at - :now::timestamptz) / 3600,
        'infinity')), '{}') AS released,
    coalesce(array_agg(coalesce(date_part('epoch', j.picked_at - :now::timestamptz) / 3600,
        'infinity')), '{}') AS picked,
    coalesce(array_agg(coalesce(date_part('epoch', j.packed_at - :now::timestamptz) / 3600,
        'infinity')), '{}') AS packed,
    coalesce(array_agg(coalesce(date_part('epoch', j.dispatched_at - :now::timestamptz) / 3600,
        'infinity')), '{}') AS dispatched,
    coalesce(array_agg(coalesce(date_part('epoch', least(j.delivered_at, j.lost_at)
        - :now::timestamptz) / 3600, 'infinity')), '{}') AS ended,
    coalesce(array_agg(coalesce(date_part('epoch', j.cancelled_at - :now::timestamptz) / 3600,
        'infinity')), '{}') AS cancelled,
    coalesce(array_agg(coalesce(c.vendor, '') || ' ' || j.market), '{}') AS lanes
FROM experience.journey AS j
LEFT JOIN (
    SELECT DISTINCT ON (p.fulfilment_order_id) p.fulfilment_order_id, l.vendor
    FROM warehouse.parcels AS p
    JOIN shipping.labels AS l ON (l.merchant_id, l.parcel_id) = (p.merchant_id, p.parcel_id)
    WHERE p.merchant_id = :merchant::int AND p.packed_at > :since::timestamptz
    ORDER BY p.fulfilment_order_id, p.parcel_id
) AS c ON c.fulfilment_order_id = j.fulfilment_order_id
WHERE j.merchant_id = :merchant::int
    AND j.ordered_at > :since::timestamptz AND j.ordered_at <= :now::timestamptz
