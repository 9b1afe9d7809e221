WITH touched AS (
    SELECT DISTINCT p.merchant_id, p.fulfilment_order_id, f.status
    FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[]) AS w (merchant_id, parcel_id)
    JOIN warehouse.parcels AS p USING (merchant_id, parcel_id)
    JOIN lifecycle.subjects AS f
        ON (f.merchant_id, f.subject_id) = (p.merchant_id, p.fulfilment_order_id)
    WHERE f.status IN ('packed', 'shipped')
)
SELECT t.merchant_id, t.fulfilment_order_id,
    CASE WHEN bool_and(s.status = 'delivered') THEN 'delivered' ELSE 'not_delivered' END AS event,
    max(s.since_at) AS at
FROM touched AS t
JOIN warehouse.parcels AS p USING (merchant_id, fulfilment_order_id)
JOIN lifecycle.subjects AS s ON (s.merchant_id, s.subject_id) = (p.merchant_id, p.parcel_id)
GROUP BY t.merchant_id, t.fulfilment_order_id, t.status
HAVING bool_and(s.status = 'refused' OR t.status = 'shipped' AND s.status IN ('delivered', 'lost'))
ORDER BY t.merchant_id, t.fulfilment_order_id
