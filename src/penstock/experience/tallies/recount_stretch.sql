WITH journey AS (
    SELECT j.*
    FROM experience.journey AS j
    WHERE (j.merchant_id, j.fulfilment_order_id) > (:after_merchant::int, :after_order::bigint)
        AND (j.merchant_id, j.fulfilment_order_id) <= (:to_merchant::int, :to_order::bigint)
), waiting AS (
    SELECT c.*
    FROM experience.change AS c
    WHERE (c.merchant_id, c.fulfilment_order_id) > (:after_merchant::int, :after_order::bigint)
        AND (c.merchant_id, c.fulfilment_order_id) <= (:to_merchant::int, :to_order::bigint)
), contribution AS (
    -- In place of this comes what the words make of each image: see tallies/measures.py.
    SELECT 0 AS sign, j.merchant_id, 0 AS measure_id, '-infinity'::date AS entered_on,
        'infinity'::date AS true_on, '' AS reason, 0 AS points
    FROM journey AS j
), totalled AS (
    SELECT c.merchant_id, c.measure_id, c.entered_on, c.true_on, c.reason,
        sum(c.sign)::int AS orders, sum(c.sign * c.points)::bigint AS points
    FROM contribution AS c
    GROUP BY c.merchant_id, c.measure_id, c.entered_on, c.true_on, c.reason
    HAVING sum(c.sign) <> 0 OR sum(c.sign * c.points) <> 0
)
INSERT INTO experience.recount
    (merchant_id, measure_id, entered_on, true_on, reason, orders, points)
SELECT s.merchant_id, s.measure_id, s.entered_on, s.true_on, s.reason, s.orders, s.points
FROM totalled AS s
