SELECT stream_id, code, title, host, country, starts_at, ends_at, expected_orders, channels,
    state, cancelled_at
FROM streams.stream
WHERE merchant_id = :merchant_id::int AND code = :code::text
FOR UPDATE
