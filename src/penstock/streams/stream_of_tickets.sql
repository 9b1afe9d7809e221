SELECT s.stream_id, s.state <> 'closed' AS open, array(
        SELECT k.sku_id
        FROM streams.stream_sku AS k
        WHERE (k.merchant_id, k.stream_id) = (s.merchant_id, s.stream_id)
        ORDER BY k.sku_id) AS sku_ids
FROM streams.stream AS s
WHERE s.merchant_id = :merchant_id::int AND s.code = :code::text
