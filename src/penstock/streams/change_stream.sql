UPDATE streams.stream
SET title = :title::text, host = :host::text, starts_at = :starts_at::timestamptz,
    ends_at = :ends_at::timestamptz, expected_orders = :expected_orders::int,
    channels = :channels::text[]
WHERE merchant_id = :merchant_id::int AND stream_id = :stream_id::bigint
