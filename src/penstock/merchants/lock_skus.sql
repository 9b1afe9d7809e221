SELECT (w.position - 1)::int AS position, s.sku_id, s.restricted,
    s.approved_at IS NOT NULL AS approved
FROM unnest(:merchant_ids::int[], :codes::text[])
    WITH ORDINALITY AS w (merchant_id, code, position)
JOIN merchants.sku AS s ON (s.merchant_id, s.code) = (w.merchant_id, w.code)
ORDER BY s.merchant_id, s.sku_id, w.position
FOR UPDATE OF s
