INSERT INTO planning.forecast (merchant_id, sku_id, made_on, day, units_mean, units_high)
SELECT merchant_id, sku_id, :made_on::date, day, mean, high
FROM unnest(:merchant_ids::int[], :sku_ids::bigint[], :days::date[], :means::float8[],
            :highs::float8[]) AS f (merchant_id, sku_id, day, mean, high)
ORDER BY merchant_id, sku_id, day
ON CONFLICT (merchant_id, sku_id, made_on, day) DO UPDATE
SET units_mean = excluded.units_mean, units_high = excluded.units_high
