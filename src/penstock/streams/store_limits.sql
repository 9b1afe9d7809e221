-- Merchants may delete nothing, so a limit that is taken away is one that nobody reaches.
INSERT INTO streams.buyer_limit (merchant_id, stream_id, sku_id, units, by, set_at)
SELECT :merchant_id::int, :stream_id::bigint, w.sku_id,
    CASE WHEN w.units = 0 THEN 2147483647 ELSE w.units END, :by::text, :now::timestamptz
FROM unnest(:sku_ids::bigint[], :units::int[]) AS w (sku_id, units)
ORDER BY w.sku_id
ON CONFLICT (merchant_id, stream_id, sku_id) DO UPDATE
SET units = excluded.units, by = excluded.by, set_at = excluded.set_at
