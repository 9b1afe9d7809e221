SELECT b.brake_id, b.stream_id, b.sku_id, b.kind, b.value,
    CASE WHEN b.minute_at = date_trunc('minute', :now::timestamptz) THEN b.in_minute ELSE 0 END
        AS in_minute,
    b.taken
FROM streams.brake AS b
WHERE b.merchant_id = :merchant_id::int AND b.stream_id = ANY (:stream_ids::bigint[])
    AND b.from_at <= :now::timestamptz AND b.to_at > :now::timestamptz
UNION ALL
SELECT 0, a.stream_id, a.sku_id, 'ticket', a.per_minute, 0, 0
FROM streams.admission AS a
WHERE a.merchant_id = :merchant_id::int AND a.stream_id = ANY (:stream_ids::bigint[]) AND a.open
UNION ALL
SELECT 0, l.stream_id, l.sku_id, 'buyer_limit', l.units, 0, 0
FROM streams.buyer_limit AS l
WHERE l.merchant_id = :merchant_id::int AND l.stream_id = ANY (:stream_ids::bigint[])
