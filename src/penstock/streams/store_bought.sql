INSERT INTO streams.bought (merchant_id, stream_id, buyer_id, order_id, sku_id, units)
SELECT :merchant_id::int, w.stream_id, w.buyer_id, w.order_id, w.sku_id, w.units
FROM unnest(:stream_ids::bigint[], :buyer_ids::text[], :order_ids::bigint[], :sku_ids::bigint[],
            :units::int[]) AS w (stream_id, buyer_id, order_id, sku_id, units)
ON CONFLICT (merchant_id, stream_id, buyer_id, order_id, sku_id) DO NOTHING
