INSERT INTO planning.surge (merchant_id, sku_id, started_at, rate, peak, expected, score)
SELECT merchant_id, sku_id, started_at, rate, rate, expected, score
FROM unnest(:merchant_ids::int[], :sku_ids::bigint[], :started_at::timestamptz[], :rates::float8[],
            :expected::float8[], :scores::float8[])
    AS n (merchant_id, sku_id, started_at, rate, expected, score)
ORDER BY merchant_id, sku_id
