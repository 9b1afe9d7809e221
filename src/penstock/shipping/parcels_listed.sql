SELECT l.manifest, l.merchant_id, l.parcel_id, l.tracking_number
FROM shipping.manifest AS m
JOIN shipping.label AS l ON l.manifest = m.manifest AND l.handed_over_at IS NULL
JOIN lifecycle.subjects AS s ON (s.merchant_id, s.subject_id) = (l.merchant_id, l.parcel_id)
WHERE m.manifest = ANY (:manifests::text[]) AND s.status = 'labelled'
ORDER BY l.manifest, l.merchant_id, l.parcel_id
