-- An order that entered on a day is in the window of that day and of those after it, each metric's
-- own number of them; a window of 0 days has no beginning.
WITH asked AS MATERIALIZED (
    SELECT a.code, a.measure_id, a.window_days, a.delay_days
    FROM unnest(:codes::text[], :measures::int[], :window_days::int[], :delay_days::int[])
        AS a (code, measure_id, window_days, delay_days)
), told AS (
    SELECT t.merchant_id, a.code, a.window_days, a.delay_days, t.entered_on, t.true_on, t.reason,
        sum(t.orders) AS orders, sum(t.points) AS points
    FROM asked AS a
    JOIN experience.tally AS t
        ON t.merchant_id = ANY (:merchants::int[]) AND t.measure_id = a.measure_id
        AND t.known_on <= :known_on::date
        AND t.entered_on <= :to_day::date - a.delay_days
        AND (a.window_days = 0
             OR t.entered_on > :from_day::date - a.delay_days - a.window_days)
    GROUP BY t.merchant_id, a.code, a.window_days, a.delay_days, t.entered_on, t.true_on, t.reason
)
SELECT t.merchant_id, t.code, d.at::date AS day,
    (sum(t.points) + coalesce(sum(t.orders) FILTER (WHERE t.true_on <= d.at::date), 0))::bigint
        AS numerator,
    coalesce(sum(t.orders) FILTER (WHERE t.reason = ''), 0)::bigint AS denominator,
    coalesce(sum(t.orders) FILTER (WHERE t.reason <> ''), 0)::bigint AS excluded
FROM told AS t
CROSS JOIN LATERAL generate_series(
    greatest(:from_day::date, t.entered_on + t.delay_days)::timestamp,
    CASE WHEN t.window_days = 0 THEN :to_day::date
         ELSE least(:to_day::date, t.entered_on + t.delay_days + t.window_days - 1) END::timestamp,
    interval '1 day') AS d (at)
GROUP BY t.merchant_id, t.code, d.at
ORDER BY t.merchant_id, d.at, t.code
