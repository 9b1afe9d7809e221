SELECT m.code AS merchant, k.code AS sku, k.title, s.started_at, s.ended_at, s.rate, s.peak,
    s.expected, s.score
FROM planning.surge AS s
JOIN merchants.merchants AS m ON m.merchant_id = s.merchant_id
JOIN merchants.skus AS k ON (k.merchant_id, k.sku_id) = (s.merchant_id, s.sku_id)
WHERE (:merchant_id::int IS NULL OR s.merchant_id = :merchant_id::int)
    AND (s.ended_at IS NULL OR NOT :going::bool)
ORDER BY (s.ended_at IS NULL) DESC, s.started_at DESC, s.merchant_id, s.sku_id
LIMIT :limit::int
