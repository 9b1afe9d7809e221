WITH named AS (
    SELECT * FROM unnest(:positions::int[], :manifests::text[], :tracking_numbers::text[])
        AS n (position, manifest, tracking_number)
)
SELECT n.position, l.merchant_id, l.parcel_id, l.tracking_number
FROM named AS n
JOIN shipping.manifest AS m
    ON m.manifest = n.manifest AND m.node_id = :node_id::int AND m.closed_at IS NOT NULL
JOIN shipping.label AS l ON l.manifest = m.manifest AND l.handed_over_at IS NULL
WHERE n.tracking_number IS NULL
UNION
SELECT n.position, l.merchant_id, l.parcel_id, l.tracking_number
FROM named AS n
JOIN shipping.manifest AS m
    ON m.manifest = n.manifest AND m.node_id = :node_id::int AND m.closed_at IS NOT NULL
JOIN shipping.label AS l ON (l.vendor, l.tracking_number) = (m.vendor, n.tracking_number)
WHERE l.manifest = m.manifest
ORDER BY position, tracking_number
