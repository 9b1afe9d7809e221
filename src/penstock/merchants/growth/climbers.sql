-- Deliveries are counted no further than any tier asks for.
SELECT m.merchant_id, t.tier, t.daily_cap,
    (t.from_at AT TIME ZONE 'UTC')::date AS tier_since,
    (coalesce(m.approved_at, m.decided_at, m.applied_at) AT TIME ZONE 'UTC')::date AS approved_on,
    (SELECT count(*)::int
     FROM (SELECT
           FROM experience.journeys AS j
           WHERE j.merchant_id = m.merchant_id AND j.source = 'live'
               AND j.delivered_at IS NOT NULL
           ORDER BY j.fulfilment_order_id
           LIMIT :delivered_enough::int) AS delivered) AS delivered_orders,
    s.score, s.day AS score_day
FROM merchants.tier AS t
JOIN merchants.merchant AS m ON m.merchant_id = t.merchant_id
LEFT JOIN LATERAL (
    SELECT s.score::float8 AS score, s.day
    FROM experience.scores AS s
    WHERE s.merchant_id = m.merchant_id AND s.profile = :profile::text
        AND s.day BETWEEN :score_from::date AND :today::date
        AND s.status = 'final' AND s.score IS NOT NULL
    ORDER BY s.day DESC
    LIMIT 1
) AS s ON true
WHERE t.ended_at = 'infinity' AND t.ladder = :ladder::text AND t.tier <> ''
    AND t.pinned_until <= :today::date
    AND m.status = 'approved'
    AND m.merchant_id > :after::int
ORDER BY m.merchant_id
LIMIT :batch::int
