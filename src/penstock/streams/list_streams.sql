SELECT code, title, country,
    CASE WHEN cancelled_at IS NULL THEN state ELSE 'cancelled' END AS state,
    starts_at, ends_at, expected_orders
FROM streams.stream
WHERE merchant_id = :merchant_id::int
    AND starts_at < coalesce(:before::timestamptz, 'infinity')
ORDER BY starts_at DESC, stream_id DESC
LIMIT :streams::int
