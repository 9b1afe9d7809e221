SELECT a.merchant_id, a.stream_id, a.sku_id
FROM streams.admission AS a
WHERE a.open AND EXISTS (
    SELECT FROM streams.ticket AS t
    WHERE (t.merchant_id, t.stream_id, t.sku_id) = (a.merchant_id, a.stream_id, a.sku_id)
        AND t.status IN ('waiting', 'sold_out', 'admitted'))
ORDER BY a.merchant_id, a.stream_id, a.sku_id
