-- Whole UTC days before made_on; days are counted from the first of them, which is 0. A day is
-- known of a SKU once its merchant traded and the SKU was approved, or was sold at all.
WITH sold AS (
    SELECT o.merchant_id, l.sku_id,
        (o.paid_at AT TIME ZONE 'UTC')::date - (:made_on::date - :days::int) AS day,
        sum(l.accepted)::int AS units
    FROM orders.orders AS o
    JOIN orders.lines AS l ON (l.merchant_id, l.order_id) = (o.merchant_id, o.order_id)
    WHERE o.paid_at >= (:made_on::date - :days::int)::timestamp AT TIME ZONE 'UTC'
        AND o.paid_at < :made_on::date::timestamp AT TIME ZONE 'UTC'
    GROUP BY 1, 2, 3
), trade AS (
    SELECT merchant_id, min(day) AS first_day FROM sold GROUP BY merchant_id
), daily AS (
    SELECT merchant_id, sku_id, min(day) AS first_day,
        array_agg(day ORDER BY day) AS days, array_agg(units ORDER BY day) AS units
    FROM sold
    GROUP BY merchant_id, sku_id
), live AS (
    SELECT k.merchant_id, k.sku_id, array_agg(DISTINCT d.day ORDER BY d.day) AS days
    FROM streams.streams AS s
    JOIN streams.stream_skus AS k ON (k.merchant_id, k.stream_id) = (s.merchant_id, s.stream_id)
    CROSS JOIN LATERAL generate_series(
        (s.starts_at AT TIME ZONE 'UTC')::date - (:made_on::date - :days::int),
        -- A stream that ends at midnight was not live on the day that begins then.
        ((s.ends_at - interval '1 microsecond') AT TIME ZONE 'UTC')::date
            - (:made_on::date - :days::int)) AS d (day)
    WHERE s.starts_at < :made_on::date::timestamp AT TIME ZONE 'UTC'
        AND s.ends_at > (:made_on::date - :days::int)::timestamp AT TIME ZONE 'UTC'
    GROUP BY k.merchant_id, k.sku_id
)
SELECT y.merchant_id, y.sku_id,
    least(y.first_day, greatest(
        t.first_day,
        (k.approved_at AT TIME ZONE 'UTC')::date - (:made_on::date - :days::int))) AS known_from,
    y.days, y.units, coalesce(v.days, '{}') AS live_days
FROM daily AS y
JOIN trade AS t ON t.merchant_id = y.merchant_id
JOIN merchants.skus AS k ON (k.merchant_id, k.sku_id) = (y.merchant_id, y.sku_id)
LEFT JOIN live AS v ON (v.merchant_id, v.sku_id) = (y.merchant_id, y.sku_id)
ORDER BY y.merchant_id, y.sku_id
