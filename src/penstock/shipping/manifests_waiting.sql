SELECT m.manifest, m.vendor, m.parcels, count(*)::int AS "left", m.pickup_at, m.closed_at
FROM shipping.manifest AS m
JOIN shipping.label AS l ON l.manifest = m.manifest AND l.handed_over_at IS NULL
WHERE m.node_id = :node_id::int AND m.closed_at IS NOT NULL AND m.handed_over_at IS NULL
GROUP BY m.manifest
ORDER BY m.pickup_at, m.manifest
