WITH asked AS MATERIALIZED (
    SELECT a.code, a.window_days, a.delay_days
    FROM unnest(:codes::text[], :window_days::int[], :delay_days::int[])
        AS a (code, window_days, delay_days)
)
SELECT s.merchant_id, s.code, d.at::date AS day, sum(s.numerator)::bigint AS numerator,
    sum(s.denominator)::bigint AS denominator, 0::bigint AS excluded
FROM asked AS a
JOIN experience.supplied AS s
    ON s.merchant_id = ANY (:merchants::int[]) AND s.profile = :profile::text AND s.code = a.code
    AND s.day <= :to_day::date - a.delay_days
    AND (a.window_days = 0 OR s.day > :from_day::date - a.delay_days - a.window_days)
CROSS JOIN LATERAL generate_series(
    greatest(:from_day::date, s.day + a.delay_days)::timestamp,
    CASE WHEN a.window_days = 0 THEN :to_day::date
         ELSE least(:to_day::date, s.day + a.delay_days + a.window_days - 1) END::timestamp,
    interval '1 day') AS d (at)
GROUP BY s.merchant_id, s.code, d.at
ORDER BY s.merchant_id, d.at, s.code
