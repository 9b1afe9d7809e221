UPDATE streams.stream_sku AS k
SET given_back = k.given_back + w.quantity
FROM unnest(:merchant_ids::int[], :stream_ids::bigint[], :sku_ids::bigint[], :quantities::int[])
    AS w (merchant_id, stream_id, sku_id, quantity)
WHERE (k.merchant_id, k.stream_id, k.sku_id) = (w.merchant_id, w.stream_id, w.sku_id)
