-- A stream without a forecast is expected to sell what is kept for it.
SELECT s.merchant_id, k.sku_id,
    s.starts_at - :before::interval AS from_at, s.ends_at + :after::interval AS to_at,
    coalesce(nullif(s.expected_orders, 0),
             sum(k.ring_fenced) OVER (PARTITION BY s.merchant_id, s.stream_id))
        / (extract(epoch FROM s.ends_at - s.starts_at) / 60)::float8 AS orders_per_minute
FROM streams.streams AS s
JOIN streams.stream_skus AS k ON (k.merchant_id, k.stream_id) = (s.merchant_id, s.stream_id)
WHERE s.starts_at - :before::interval < :until::timestamptz
    AND s.ends_at + :after::interval > :since::timestamptz
    AND s.cancelled_at IS NULL
ORDER BY s.merchant_id, k.sku_id, s.stream_id
