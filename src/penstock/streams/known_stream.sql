SELECT s.stream_id, s.country, s.starts_at, s.ends_at, k.sku_id, k.pool_id, k.ring_fenced,
    k.given_back, coalesce(p.family_id, 0) AS family_id
FROM streams.stream AS s
JOIN streams.stream_sku AS k ON (k.merchant_id, k.stream_id) = (s.merchant_id, s.stream_id)
LEFT JOIN inventory.pools AS p ON (p.merchant_id, p.pool_id) = (k.merchant_id, k.pool_id)
WHERE s.merchant_id = :merchant_id::int AND s.code = :code::text
ORDER BY k.sku_id
