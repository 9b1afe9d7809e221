SELECT coalesce((
    SELECT json_agg(json_build_object(
        'brake_id', b.brake_id, 'sku', coalesce(k.code, ''), 'kind', b.kind, 'value', b.value,
        'from_at', b.from_at, 'to_at', nullif(b.to_at, 'infinity'), 'because', b.because,
        'by', b.by, 'rule', b.rule, 'released_by', b.released_by,
        'released_because', b.released_because, 'taken', b.taken,
        'turned_away', b.turned_away) ORDER BY b.from_at DESC, b.brake_id DESC)
    FROM streams.brake AS b
    LEFT JOIN merchants.skus AS k ON (k.merchant_id, k.sku_id) = (b.merchant_id, b.sku_id)
    WHERE (b.merchant_id, b.stream_id) = (s.merchant_id, s.stream_id)), '[]')::text AS log
FROM streams.stream AS s
WHERE s.merchant_id = :merchant_id::int AND s.code = :code::text
