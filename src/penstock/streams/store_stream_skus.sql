INSERT INTO streams.stream_sku (merchant_id, stream_id, sku_id, pool_id, ring_fenced)
SELECT :merchant_id::int, :stream_id::bigint, *
FROM unnest(:sku_ids::bigint[], :pool_ids::int[], :ring_fenced::int[])
