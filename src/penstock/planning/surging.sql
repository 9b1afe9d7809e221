SELECT merchant_id, sku_id, started_at AS starts_at,
    greatest(rate - expected, 0) AS orders_per_minute
FROM planning.surge
WHERE ended_at IS NULL AND started_at <= :now::timestamptz
ORDER BY started_at, merchant_id, sku_id
