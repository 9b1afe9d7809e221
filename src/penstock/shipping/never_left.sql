SELECT DISTINCT f.merchant_id, f.fulfilment_order_id, f.order_id
FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[]) AS w (merchant_id, parcel_id)
JOIN warehouse.parcels AS p USING (merchant_id, parcel_id)
JOIN allocation.fulfilment_orders AS f USING (merchant_id, fulfilment_order_id)
JOIN lifecycle.subjects AS s
    ON (s.merchant_id, s.subject_id) = (f.merchant_id, f.fulfilment_order_id)
WHERE s.status = 'undelivered'
    AND NOT EXISTS (
        SELECT FROM warehouse.parcels AS q
        JOIN shipping.label AS l USING (merchant_id, parcel_id)
        WHERE (q.merchant_id, q.fulfilment_order_id) = (f.merchant_id, f.fulfilment_order_id)
            AND l.handed_over_at IS NOT NULL
    )
ORDER BY f.merchant_id, f.fulfilment_order_id
