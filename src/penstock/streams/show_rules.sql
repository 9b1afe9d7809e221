SELECT coalesce(json_agg(json_build_object(
    'code', r.code, 'stream', coalesce(s.code, ''), 'measure', r.measure,
    'threshold', r.threshold, 'kind', r.kind, 'value', r.value, 'at_least_min', r.at_least_min,
    'effective_from', r.effective_from, 'effective_to', nullif(r.effective_to, 'infinity'))
    ORDER BY r.code, r.effective_from), '[]')::text AS rules
FROM streams.brake_rule AS r
LEFT JOIN streams.stream AS s ON (s.merchant_id, s.stream_id) = (r.merchant_id, r.stream_id)
WHERE r.merchant_id = :merchant_id::int
