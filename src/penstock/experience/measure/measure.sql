-- What each merchant's journeys count for each metric that a profile asks for, known at :as_of.
WITH journey AS (
    SELECT j.*
    FROM experience.journey AS j
    WHERE j.ordered_at <= :as_of::timestamptz  -- (nothing of an order counts before it)
      AND (:merchant::int IS NULL OR j.merchant_id = :merchant::int)
), judged AS (
    -- In place of this comes what the words make of each journey: see words/composing.py.
    SELECT j.merchant_id, j.fulfilment_order_id, '' AS code, '' AS quantity, 0 AS best,
        0 AS otherwise, '{}'::numeric[] AS uptos, '{}'::int[] AS points, true AS mean,
        0 AS full_at, j.ordered_at AS from_at, j.ordered_at AS to_at, j.ordered_at, true AS asked,
        j.ordered_at AS entered_at, j.ordered_at AS true_at, 0::numeric AS amount, '' AS reason
    FROM journey AS j
), valued AS (
    SELECT j.merchant_id, j.fulfilment_order_id, j.code, j.best, j.mean, j.full_at,
        coalesce(j.asked AND greatest(j.entered_at, j.ordered_at) > j.from_at
                 AND j.entered_at <= j.to_at AND j.ordered_at <= j.to_at, false) AS entered,
        -- An order whose quantity cannot be told, for a clock is missing, is set aside as well.
        coalesce(j.reason, CASE WHEN j.quantity <> '' AND j.amount IS NULL THEN 'untimed' END)
            AS reason,
        CASE WHEN j.quantity = '' THEN coalesce(j.true_at <= :as_of::timestamptz, false)::int
             WHEN j.mean THEN least(greatest(floor(j.amount), 0), 2147483647)::int
             ELSE coalesce((SELECT s.points FROM unnest(j.uptos, j.points) AS s (upto, points)
                            WHERE j.amount <= s.upto
                            ORDER BY s.upto LIMIT 1), j.otherwise) END AS earned
    FROM judged AS j
), told AS (
    SELECT v.merchant_id, v.fulfilment_order_id, v.code, v.entered, v.reason, v.earned,
        CASE WHEN v.mean THEN greatest(v.earned - v.full_at, 0) ELSE abs(v.best - v.earned) END
            AS short
    FROM valued AS v
    OFFSET 0  -- else PostgreSQL judges each order anew for each of the sums below
)
SELECT merchant_id, code,
    coalesce(sum(earned) FILTER (WHERE entered AND reason IS NULL), 0)::bigint AS numerator,
    count(*) FILTER (WHERE entered AND reason IS NULL) AS denominator,
    count(*) FILTER (WHERE entered AND reason IS NOT NULL) AS excluded,
    coalesce(array_agg(fulfilment_order_id)
        FILTER (WHERE :explain::boolean AND entered AND reason IS NULL AND short <> 0), '{}')
        AS failed,
    coalesce(array_agg(short)
        FILTER (WHERE :explain::boolean AND entered AND reason IS NULL AND short <> 0), '{}')
        AS shortfall,
    coalesce(array_agg(fulfilment_order_id ORDER BY fulfilment_order_id)
        FILTER (WHERE :explain::boolean AND entered AND reason IS NOT NULL), '{}') AS aside,
    coalesce(array_agg(reason ORDER BY fulfilment_order_id)
        FILTER (WHERE :explain::boolean AND entered AND reason IS NOT NULL), '{}') AS reasons
FROM told
GROUP BY merchant_id, code
