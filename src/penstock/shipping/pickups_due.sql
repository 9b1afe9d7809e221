-- What is on a manifest whose outcome is not known yet waits for it.
WITH due AS (
    SELECT l.vendor, p.node_id, max(l.pickup_at) AS pickup_at
    FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[]) AS w (merchant_id, parcel_id)
    JOIN shipping.label AS l USING (merchant_id, parcel_id)
    JOIN warehouse.parcels AS p USING (merchant_id, parcel_id)
    WHERE NOT EXISTS (SELECT FROM shipping.manifest AS m
                      WHERE m.manifest = l.manifest
                          AND m.closed_at IS NULL AND m.refused_because IS NULL)
    GROUP BY l.vendor, p.node_id
)
SELECT d.vendor, d.node_id, n.code AS node, d.pickup_at,
    1 + (SELECT count(*)::int FROM shipping.manifest AS m
         WHERE (m.vendor, m.node_id, m.pickup_at) = (d.vendor, d.node_id, d.pickup_at)) AS number
FROM due AS d
JOIN inventory.nodes AS n ON n.node_id = d.node_id
ORDER BY d.vendor, d.node_id
