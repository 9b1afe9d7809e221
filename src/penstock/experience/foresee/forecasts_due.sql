-- Whoever was scored of late and was not forecast since, the longest ago first.
SELECT s.merchant_id, s.profile
FROM (
    SELECT merchant_id, profile FROM experience.score
    WHERE day >= :scored_since::date AND profile = ANY (:profiles::text[])
    GROUP BY merchant_id, profile
) AS s
LEFT JOIN LATERAL (
    SELECT f.made_at
    FROM experience.score_forecast AS f
    WHERE (f.merchant_id, f.profile) = (s.merchant_id, s.profile)
    ORDER BY f.made_at DESC
    LIMIT 1
) AS f ON true
WHERE f.made_at IS NULL OR f.made_at <= :made_before::timestamptz
ORDER BY f.made_at NULLS FIRST, s.merchant_id, s.profile
LIMIT :limit::int
