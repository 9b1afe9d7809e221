SELECT a.merchant_id, a.stream_id, a.sku_id
FROM unnest(:merchant_ids::int[], :stream_ids::bigint[], :sku_ids::bigint[])
    AS w (merchant_id, stream_id, sku_id)
JOIN streams.admission AS a
    ON (a.merchant_id, a.stream_id, a.sku_id) = (w.merchant_id, w.stream_id, w.sku_id)
WHERE a.open
ORDER BY a.merchant_id, a.stream_id, a.sku_id
FOR UPDATE OF a
