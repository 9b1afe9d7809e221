SELECT k.merchant_id, k.stream_id, k.sku_id, k.pool_id, p.family_id,
    c.on_hand - c.reserved AS available
FROM streams.stream AS s
JOIN streams.stream_sku AS k ON (k.merchant_id, k.stream_id) = (s.merchant_id, s.stream_id)
JOIN inventory.pools AS p ON (p.merchant_id, p.pool_id) = (k.merchant_id, k.pool_id)
JOIN inventory.pool_stocks AS c
    ON (c.merchant_id, c.pool_id, c.sku_id) = (k.merchant_id, k.pool_id, k.sku_id)
WHERE s.state = 'closed' AND c.on_hand > c.reserved
    AND s.stream_id = coalesce(:stream_id::bigint, s.stream_id)
ORDER BY k.merchant_id, k.stream_id, k.sku_id
