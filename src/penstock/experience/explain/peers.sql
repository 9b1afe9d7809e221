-- Among the merchants of :merchant's market that had a final score by :profile on the last day, up
-- to :day, on which it had one itself. A mid-rank: who is equal counts half.
WITH mine AS (
    SELECT s.day, m.country
    FROM experience.score AS s
    JOIN merchants.merchants AS m ON m.merchant_id = s.merchant_id
    WHERE s.merchant_id = :merchant::int AND s.profile = :profile::text
        AND s.day <= :day::date AND s.status = 'final'
    ORDER BY s.day DESC
    LIMIT 1
), scored AS (
    SELECT s.merchant_id, s.day, s.score, s.detail
    FROM mine
    JOIN experience.score AS s
        ON s.profile = :profile::text AND s.day = mine.day AND s.status = 'final'
    JOIN merchants.merchants AS m
        ON m.merchant_id = s.merchant_id AND m.country = mine.country
), told AS (
    SELECT s.merchant_id, s.day, '' AS code, s.score AS points
    FROM scored AS s
    UNION ALL
    SELECT s.merchant_id, s.day, d.metric ->> 'code', (d.metric ->> 'points')::numeric
    FROM scored AS s, jsonb_array_elements(s.detail -> 'metrics') AS d (metric)
    WHERE d.metric ->> 'points' IS NOT NULL
)
SELECT mine.code, mine.day,
    count(*) FILTER (WHERE t.merchant_id <> mine.merchant_id) AS peers,
    (100 * (count(*) FILTER (WHERE t.points < mine.points)
            + 0.5 * count(*) FILTER (WHERE t.points = mine.points)) / count(*))::float8
        AS percentile
FROM told AS mine JOIN told AS t ON t.code = mine.code
WHERE mine.merchant_id = :merchant::int
GROUP BY mine.code, mine.day
ORDER BY mine.code
