UPDATE planning.surge AS s
SET rate = n.rate, peak = greatest(s.peak, n.peak),
    ended_at = CASE WHEN n.over THEN :until::timestamptz END
FROM unnest(:merchant_ids::int[], :sku_ids::bigint[], :rates::float8[], :peaks::float8[],
            :over::bool[]) AS n (merchant_id, sku_id, rate, peak, over)
WHERE (s.merchant_id, s.sku_id) = (n.merchant_id, n.sku_id) AND s.ended_at IS NULL
