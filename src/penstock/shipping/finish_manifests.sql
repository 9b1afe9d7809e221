UPDATE shipping.manifest AS m
SET handed_over_at = :now::timestamptz
FROM (SELECT DISTINCT l.manifest
      FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[]) AS w (merchant_id, parcel_id)
      JOIN shipping.label AS l USING (merchant_id, parcel_id)) AS named
WHERE m.manifest = named.manifest AND m.handed_over_at IS NULL
    AND NOT EXISTS (SELECT FROM shipping.label AS l
                    WHERE l.manifest = m.manifest AND l.handed_over_at IS NULL)
