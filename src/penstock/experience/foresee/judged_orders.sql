WITH judged AS (
    -- In place of this come the CTEs of measure.sql up to the one of this name: see history.py.
    SELECT '' AS code, j.fulfilment_order_id, j.ordered_at, j.ordered_at AS entered_at,
        j.ordered_at AS true_at, 0::numeric AS amount, ''::text AS reason, true AS asked
    FROM experience.journey AS j
)
SELECT j.code, array_agg(j.fulfilment_order_id) AS orders,
    array_agg(CASE WHEN j.entered_at IS NULL THEN 'infinity'
        ELSE extract(epoch FROM greatest(j.entered_at, j.ordered_at))::float8 / 3600 END)
        AS entered,
    array_agg(coalesce(extract(epoch FROM j.true_at)::float8 / 3600, 'infinity')) AS came_true,
    array_agg(coalesce(j.amount::float8, 'nan')) AS amounts
FROM judged AS j
WHERE j.asked AND j.reason IS NULL AND j.ordered_at > :since::timestamptz
GROUP BY j.code
