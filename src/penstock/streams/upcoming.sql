-- What the minutes do not hold yet is a minute's worth, and an expectation can bear that.
SELECT s.merchant_id, s.stream_id, s.starts_at, s.ends_at,
    CASE WHEN s.expected_orders > 0 THEN s.expected_orders
         ELSE coalesce((
             SELECT sum(k.ring_fenced)
             FROM streams.stream_sku AS k
             WHERE (k.merchant_id, k.stream_id) = (s.merchant_id, s.stream_id)), 0)
         END::int AS expected_orders,
    coalesce((
        SELECT sum(m.orders)
        FROM streams.minute AS m
        WHERE (m.merchant_id, m.stream_id, m.sku_id, m.outcome)
            = (s.merchant_id, s.stream_id, 0, 'accepted')), 0)::int AS taken_orders
FROM streams.stream AS s
WHERE s.state <> 'closed'
    AND s.ends_at > :now::timestamptz
    AND s.starts_at <= :until::timestamptz
ORDER BY s.starts_at, s.merchant_id, s.stream_id
