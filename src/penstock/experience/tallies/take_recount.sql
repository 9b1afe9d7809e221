WITH counted AS (
    SELECT r.merchant_id, r.measure_id, r.entered_on, r.true_on, r.reason,
        sum(r.orders) AS orders, sum(r.points) AS points
    FROM experience.recount AS r
    WHERE r.merchant_id = ANY (:merchants::int[])
    GROUP BY r.merchant_id, r.measure_id, r.entered_on, r.true_on, r.reason
), held AS (
    SELECT t.merchant_id, t.measure_id, t.entered_on, t.true_on, t.reason,
        sum(t.orders) AS orders, sum(t.points) AS points
    FROM experience.tally AS t
    WHERE t.merchant_id = ANY (:merchants::int[]) AND t.measure_id = ANY (:measures::int[])
    GROUP BY t.merchant_id, t.measure_id, t.entered_on, t.true_on, t.reason
), other AS (
    SELECT merchant_id, measure_id, entered_on, true_on, reason,
        coalesce(c.orders, 0) - coalesce(h.orders, 0) AS orders,
        coalesce(c.points, 0) - coalesce(h.points, 0) AS points
    FROM counted AS c
    FULL JOIN held AS h USING (merchant_id, measure_id, entered_on, true_on, reason)
    WHERE (coalesce(c.orders, 0), coalesce(c.points, 0))
        IS DISTINCT FROM (coalesce(h.orders, 0), coalesce(h.points, 0))
), mended AS (
    INSERT INTO experience.tally AS t
        (merchant_id, measure_id, entered_on, true_on, reason, known_on, orders, points)
    SELECT o.merchant_id, o.measure_id, o.entered_on, o.true_on, o.reason, :known_on::date,
        o.orders, o.points
    FROM other AS o
    WHERE :mend::boolean
    ORDER BY o.merchant_id, o.measure_id, o.entered_on, o.true_on, o.reason
    ON CONFLICT (merchant_id, measure_id, entered_on, true_on, reason, known_on) DO UPDATE
    SET orders = t.orders + excluded.orders, points = t.points + excluded.points
), touched AS (
    INSERT INTO experience.touched AS t (merchant_id, from_day)
    SELECT o.merchant_id, min(o.entered_on) FROM other AS o WHERE :mend::boolean
    GROUP BY o.merchant_id
    ORDER BY o.merchant_id
    ON CONFLICT (merchant_id) DO UPDATE SET from_day = least(t.from_day, excluded.from_day)
)
SELECT o.merchant_id, o.measure_id, o.entered_on, o.true_on, o.reason, o.orders::int,
    o.points::bigint
FROM other AS o
ORDER BY o.merchant_id, o.measure_id, o.entered_on, o.true_on, o.reason
LIMIT :limit::int
