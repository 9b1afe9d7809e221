INSERT INTO customs.refusal (merchant_id, parcel_id, vendor, because, at)
SELECT d.merchant_id, d.parcel_id, d.vendor, r.because, :now::timestamptz
FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[], :because::text[])
    AS r (merchant_id, parcel_id, because)
JOIN customs.declaration AS d USING (merchant_id, parcel_id)
WHERE d.lodged_at IS NULL
ON CONFLICT (merchant_id, parcel_id, vendor) DO NOTHING
