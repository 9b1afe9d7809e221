WITH told AS (
    SELECT *
    FROM unnest(:codes::text[], :titles::text[], :weights_g::int[], :lengths_mm::int[],
                :widths_mm::int[], :heights_mm::int[], :hs6::text[], :origin_countries::text[],
                :values_minor::bigint[], :currencies::text[], :restricted::text[])
        WITH ORDINALITY
        AS t (code, title, weight_g, length_mm, width_mm, height_mm, hs6, origin_country,
              value_minor, currency, restricted, position)
), stored AS (
    INSERT INTO merchants.sku AS s (merchant_id, code, title, weight_g, length_mm, width_mm,
        height_mm, hs6, origin_country, value_minor, currency, restricted)
    SELECT :merchant_id::int, code, title, weight_g, length_mm, width_mm, height_mm, hs6,
        origin_country, value_minor, currency, restricted
    FROM told
    ORDER BY position
    ON CONFLICT (merchant_id, code) DO UPDATE
    SET title = excluded.title, weight_g = excluded.weight_g, length_mm = excluded.length_mm,
        width_mm = excluded.width_mm, height_mm = excluded.height_mm, hs6 = excluded.hs6,
        origin_country = excluded.origin_country, value_minor = excluded.value_minor,
        currency = excluded.currency, restricted = excluded.restricted,
        approved_at = CASE
            WHEN (s.title, s.hs6, s.origin_country, s.restricted)
                = (excluded.title, excluded.hs6, excluded.origin_country, excluded.restricted)
            THEN s.approved_at END
    WHERE (s.title, s.weight_g, s.length_mm, s.width_mm, s.height_mm, s.hs6, s.origin_country,
           s.value_minor, s.currency, s.restricted)
        IS DISTINCT FROM
        (excluded.title, excluded.weight_g, excluded.length_mm, excluded.width_mm,
         excluded.height_mm, excluded.hs6, excluded.origin_country, excluded.value_minor,
         excluded.currency, excluded.restricted)
    RETURNING s.code, s.sku_id, CASE WHEN xmax = 0 THEN 'added' ELSE 'changed' END AS outcome
)
SELECT t.code, coalesce(n.sku_id, s.sku_id) AS sku_id, coalesce(n.outcome, 'unchanged') AS outcome
FROM told AS t
LEFT JOIN stored AS n ON n.code = t.code
LEFT JOIN merchants.sku AS s ON (s.merchant_id, s.code) = (:merchant_id::int, t.code)
ORDER BY t.position
