UPDATE merchants.sku AS s
SET approved_at = :approved_at::timestamptz
FROM unnest(:merchant_ids::int[], :sku_ids::bigint[]) AS a (merchant_id, sku_id)
WHERE (s.merchant_id, s.sku_id) = (a.merchant_id, a.sku_id)
