WITH journey AS (
    SELECT j.*
    FROM experience.journey AS j
    WHERE j.merchant_id = :merchant::int AND j.ordered_at <= :as_of::timestamptz
      AND j.ordered_at > :since::timestamptz
), judged AS (
    -- In place of this comes what the words make of each journey: see words/composing.py.
    SELECT '' AS code, j.fulfilment_order_id, j.ordered_at, j.ordered_at AS entered_at,
        j.ordered_at AS true_at, 0::numeric AS amount, ''::text AS reason, true AS asked
    FROM journey AS j
)
SELECT j.code, array_agg(j.fulfilment_order_id) AS orders,
    array_agg(CASE WHEN j.entered_at IS NULL THEN 'infinity'
        ELSE extract(epoch FROM greatest(j.entered_at, j.ordered_at))::float8 / 3600 END)
        AS entered,
    array_agg(coalesce(extract(epoch FROM j.true_at)::float8 / 3600, 'infinity')) AS came_true,
    array_agg(coalesce(j.amount::float8, 'nan')) AS amounts
FROM judged AS j
WHERE j.asked AND j.reason IS NULL
GROUP BY j.code
