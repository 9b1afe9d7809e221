SELECT 1
FROM tracking.standing AS s
WHERE (s.merchant_id, s.parcel_id) IN (
    SELECT sibling.merchant_id, sibling.parcel_id
    FROM shipping.labels AS l
    JOIN warehouse.parcels AS p USING (merchant_id, parcel_id)
    JOIN warehouse.parcels AS sibling
        ON (sibling.merchant_id, sibling.fulfilment_order_id)
         = (p.merchant_id, p.fulfilment_order_id)
    WHERE l.vendor = :vendor::text AND l.tracking_number = ANY (:tracking_numbers::text[]))
ORDER BY s.merchant_id, s.parcel_id
FOR UPDATE
