-- The queue's rows are taken by their place: its statistics are of when it was empty or full, and by
-- them a planner would at times compare all of it with all that is taken.
WITH oldest AS (
    SELECT c.ctid AS place
    FROM experience.change AS c
    ORDER BY c.merchant_id, c.change_id
    LIMIT :batch::int
    FOR UPDATE SKIP LOCKED
), taken AS MATERIALIZED (
    DELETE FROM experience.change AS c
    WHERE c.ctid = ANY (ARRAY(SELECT o.place FROM oldest AS o))
    RETURNING c.*
), contribution AS (
    -- In place of this comes what the words make of each image: see tallies/measures.py.
    SELECT 0 AS sign, t.merchant_id, 0 AS measure_id, '-infinity'::date AS entered_on,
        'infinity'::date AS true_on, '' AS reason, 0 AS points
    FROM taken AS t
), totalled AS MATERIALIZED (
    SELECT c.merchant_id, c.measure_id, c.entered_on, c.true_on, c.reason,
        sum(c.sign)::int AS orders, sum(c.sign * c.points)::bigint AS points
    FROM contribution AS c
    GROUP BY c.merchant_id, c.measure_id, c.entered_on, c.true_on, c.reason
    HAVING sum(c.sign) <> 0 OR sum(c.sign * c.points) <> 0
), kept AS (
    INSERT INTO experience.tally AS t
        (merchant_id, measure_id, entered_on, true_on, reason, known_on, orders, points)
    SELECT s.merchant_id, s.measure_id, s.entered_on, s.true_on, s.reason, :known_on::date,
        s.orders, s.points
    FROM totalled AS s
    ORDER BY s.merchant_id, s.measure_id, s.entered_on, s.true_on, s.reason
    ON CONFLICT (merchant_id, measure_id, entered_on, true_on, reason, known_on) DO UPDATE
    SET orders = t.orders + excluded.orders, points = t.points + excluded.points
), moved AS (
    SELECT s.merchant_id,
        -- Where as many entered as before, nothing is new until one of them comes true.
        CASE WHEN sum(s.orders) <> 0 OR sum(s.points) <> 0 THEN s.entered_on
             ELSE min(s.true_on) END AS from_day
    FROM totalled AS s
    GROUP BY s.merchant_id, s.measure_id, s.entered_on, s.reason
), touched AS (
    INSERT INTO experience.touched AS t (merchant_id, from_day)
    SELECT m.merchant_id, min(m.from_day) FROM moved AS m GROUP BY m.merchant_id
    ORDER BY m.merchant_id
    ON CONFLICT (merchant_id) DO UPDATE SET from_day = least(t.from_day, excluded.from_day)
)
SELECT count(*)::int FROM taken
