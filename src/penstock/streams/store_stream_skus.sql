INSERT INTO streams.stream_sku (merchant_id, stream_id, sku_id, pool_id, ring_fenced)
SELECT :merchant_id::int, :stream_id::bigint, *
FROM unnest(:sku_ids::bigint[], :pool_ids::int[], :ring_fenced::int[])
ON CONFLICT (merchant_id, stream_id, sku_id) DO UPDATE
SET pool_id = excluded.pool_id, ring_fenced = excluded.ring_fenced
