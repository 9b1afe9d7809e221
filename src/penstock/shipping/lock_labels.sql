SELECT 1
FROM shipping.label AS l
WHERE (l.merchant_id, l.parcel_id) IN (
    SELECT sibling.merchant_id, sibling.parcel_id
    FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[]) AS w (merchant_id, parcel_id)
    JOIN warehouse.parcels AS p USING (merchant_id, parcel_id)
    JOIN warehouse.parcels AS sibling
        ON (sibling.merchant_id, sibling.fulfilment_order_id)
         = (p.merchant_id, p.fulfilment_order_id))
ORDER BY l.merchant_id, l.parcel_id
FOR UPDATE
