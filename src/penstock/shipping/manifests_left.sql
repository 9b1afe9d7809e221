SELECT m.manifest,
    (SELECT count(*)::int FROM shipping.label AS l
     WHERE l.manifest = m.manifest AND l.handed_over_at IS NULL) AS "left"
FROM shipping.manifest AS m
WHERE m.manifest = ANY (:manifests::text[])
    AND m.node_id = :node_id::int AND m.closed_at IS NOT NULL
ORDER BY m.manifest
