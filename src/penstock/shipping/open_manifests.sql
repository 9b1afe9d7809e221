WITH pickup AS (
    SELECT * FROM unnest(:manifests::text[], :vendors::text[], :node_ids::int[],
                         :pickup_at::timestamptz[], :numbers::int[])
        AS p (manifest, vendor, node_id, pickup_at, number)
), listed AS (
    SELECT k.manifest, p.merchant_id, p.parcel_id, l.tracking_number
    FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[]) AS w (merchant_id, parcel_id)
    JOIN shipping.label AS l USING (merchant_id, parcel_id)
    JOIN warehouse.parcels AS p USING (merchant_id, parcel_id)
    JOIN pickup AS k ON (k.vendor, k.node_id) = (l.vendor, p.node_id)
    WHERE NOT EXISTS (SELECT FROM shipping.manifest AS m
                      WHERE m.manifest = l.manifest
                          AND m.closed_at IS NULL AND m.refused_because IS NULL)
), opened AS (
    INSERT INTO shipping.manifest (manifest, vendor, node_id, pickup_at, number, parcels,
                                   prepared_at)
    SELECT k.manifest, k.vendor, k.node_id, k.pickup_at, k.number, count(*)::int,
        :now::timestamptz
    FROM pickup AS k
    JOIN listed AS l USING (manifest)
    GROUP BY k.manifest, k.vendor, k.node_id, k.pickup_at, k.number
    ORDER BY k.manifest
    ON CONFLICT DO NOTHING
    RETURNING manifest
), put_on AS (
    UPDATE shipping.label AS l
    SET manifest = p.manifest
    FROM listed AS p
    JOIN opened AS o USING (manifest)
    WHERE (l.merchant_id, l.parcel_id) = (p.merchant_id, p.parcel_id)
)
SELECT l.manifest, l.merchant_id, l.parcel_id, l.tracking_number
FROM listed AS l
JOIN opened AS o USING (manifest)
ORDER BY l.manifest, l.merchant_id, l.parcel_id
