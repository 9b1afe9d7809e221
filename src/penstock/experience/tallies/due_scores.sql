-- Days within the lag come again, for their scores may be final by now.
SELECT o.merchant_id,
    greatest(:earliest::date, f.entered_on,
             least(o.from_day, l.day + 1 - :lag_days::int,
                   CASE WHEN l.day IS NULL THEN u.from_day END, :ended::date)) AS from_day
FROM unnest(:merchants::int[], :from_days::date[]) AS o (merchant_id, from_day)
CROSS JOIN LATERAL (
    SELECT y.entered_on FROM experience.tally AS y
    WHERE (y.merchant_id, y.measure_id) = (o.merchant_id, :gate::int)
    ORDER BY y.entered_on
    LIMIT 1
) AS f
LEFT JOIN LATERAL (
    SELECT s.day FROM experience.score AS s
    WHERE s.merchant_id = o.merchant_id AND s.profile = :profile::text
    ORDER BY s.day DESC
    LIMIT 1
) AS l ON true
LEFT JOIN experience.profile_use AS u
    ON (u.merchant_id, u.profile) = (o.merchant_id, :profile::text)
WHERE (o.from_day <= :ended::date OR l.day IS NULL OR l.day < :ended::date)
    AND (:everybody::boolean OR u.from_day IS NOT NULL)
ORDER BY o.merchant_id
