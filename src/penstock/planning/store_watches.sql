INSERT INTO planning.surge_watch (merchant_id, sku_id, counted_to, memory)
SELECT merchant_id, sku_id, :counted_to::timestamptz, memory::json
FROM unnest(:merchant_ids::int[], :sku_ids::bigint[], :memories::text[])
    AS n (merchant_id, sku_id, memory)
ORDER BY merchant_id, sku_id
ON CONFLICT (merchant_id, sku_id) DO UPDATE
SET counted_to = excluded.counted_to, memory = excluded.memory
