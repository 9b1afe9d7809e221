SELECT s.stream_id, s.state <> 'closed' AS open,
    :sku_id::bigint = 0 OR EXISTS (
        SELECT FROM streams.stream_sku AS k
        WHERE (k.merchant_id, k.stream_id, k.sku_id)
            = (s.merchant_id, s.stream_id, :sku_id::bigint)) AS has_sku
FROM streams.stream AS s
WHERE s.merchant_id = :merchant_id::int AND s.code = :code::text
