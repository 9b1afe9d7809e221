-- The last final score that is young enough counts; today's orders do not, for today is not over.
SELECT m.merchant_id, s.score::float8 AS score, s.day AS score_day, s.detail::text AS detail,
    d.orders
FROM merchants.merchant AS m
CROSS JOIN LATERAL (
    SELECT s.score, s.day, s.detail
    FROM experience.scores AS s
    WHERE s.merchant_id = m.merchant_id AND s.profile = :profile::text
        AND s.day BETWEEN :score_from::date AND :today::date
        AND s.status = 'final' AND s.score IS NOT NULL
    ORDER BY s.day DESC
    LIMIT 1
) AS s
CROSS JOIN LATERAL (
    SELECT coalesce(sum(d.orders), 0)::int AS orders
    FROM merchants.day AS d
    WHERE d.merchant_id = m.merchant_id
        AND d.day >= :mean_from::date AND d.day < :today::date
) AS d
WHERE m.status = 'approved'
    AND s.score < :score_below::float8
    AND d.orders >= :orders_min::int
    AND NOT EXISTS (
        SELECT
        FROM merchants.volume_limit AS v
        WHERE v.merchant_id = m.merchant_id AND v.until_at > :now::timestamptz
            AND v.policy = :policy::text)
ORDER BY m.merchant_id
