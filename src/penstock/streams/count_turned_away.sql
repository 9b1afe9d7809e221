INSERT INTO streams.minute AS m (merchant_id, stream_id, sku_id, outcome, minute, turned_away)
SELECT :merchant_id::int, w.stream_id, 0, w.outcome, date_trunc('minute', :now::timestamptz),
    w.orders
FROM unnest(:stream_ids::bigint[], :outcomes::text[], :orders::int[])
    AS w (stream_id, outcome, orders)
ORDER BY w.stream_id, w.outcome
ON CONFLICT (merchant_id, stream_id, sku_id, outcome, minute) DO UPDATE
SET turned_away = m.turned_away + excluded.turned_away
