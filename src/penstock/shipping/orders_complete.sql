WITH touched AS (
    SELECT DISTINCT p.merchant_id, p.fulfilment_order_id
    FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[]) AS w (merchant_id, parcel_id)
    JOIN warehouse.parcels AS p USING (merchant_id, parcel_id)
    JOIN lifecycle.subjects AS f
        ON (f.merchant_id, f.subject_id) = (p.merchant_id, p.fulfilment_order_id)
    WHERE f.status = 'packed'
)
SELECT t.merchant_id, t.fulfilment_order_id, max(l.handed_over_at) AS at
FROM touched AS t
JOIN warehouse.parcels AS p USING (merchant_id, fulfilment_order_id)
JOIN lifecycle.subjects AS s ON (s.merchant_id, s.subject_id) = (p.merchant_id, p.parcel_id)
LEFT JOIN shipping.label AS l ON (l.merchant_id, l.parcel_id) = (p.merchant_id, p.parcel_id)
GROUP BY t.merchant_id, t.fulfilment_order_id
HAVING bool_and(l.handed_over_at IS NOT NULL OR s.status = 'refused')
    AND bool_or(l.handed_over_at IS NOT NULL)
ORDER BY t.merchant_id, t.fulfilment_order_id
