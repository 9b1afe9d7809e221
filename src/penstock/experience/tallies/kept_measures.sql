SELECT m.measure_id, m.fingerprint, m.filled_at IS NOT NULL AS filled
FROM experience.measure AS m
ORDER BY m.measure_id
