INSERT INTO streams.stream (merchant_id, code, title, host, country, starts_at, ends_at,
                            expected_orders, channels)
VALUES (:merchant_id::int, :code::text, :title::text, :host::text, :country::text,
        :starts_at::timestamptz, :ends_at::timestamptz, :expected_orders::int, :channels::text[])
ON CONFLICT (merchant_id, code) DO NOTHING
RETURNING stream_id
