UPDATE customs.declaration AS d
SET broker_reference = n.broker_reference, lodged_at = :now::timestamptz
FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[], :broker_references::text[])
    AS n (merchant_id, parcel_id, broker_reference)
WHERE (d.merchant_id, d.parcel_id) = (n.merchant_id, n.parcel_id) AND d.lodged_at IS NULL
