-- The last final score that is young enough, what is in force, and the policy's last word by kind:
-- the band of its last act that stands, when it last decided, whether a proposal of it is open.
SELECT m.merchant_id, s.score::float8 AS score, s.day AS score_day, s.detail::text AS detail,
    coalesce((
        SELECT jsonb_object_agg(kind, value)
        FROM (
            SELECT t.kind, to_jsonb(t.value) AS value
            FROM merchants.term AS t
            WHERE t.merchant_id = m.merchant_id AND t.ended_at = 'infinity'
            UNION ALL
            SELECT 'tier', jsonb_build_object(
                'ladder', t.ladder, 'tier', t.tier, 'daily_cap', t.daily_cap)
            FROM merchants.tier AS t
            WHERE t.merchant_id = m.merchant_id AND t.ended_at = 'infinity' AND t.tier <> ''
            UNION ALL
            SELECT 'pinned', 'true'
            FROM merchants.tier AS t
            WHERE t.merchant_id = m.merchant_id AND t.ended_at = 'infinity'
                AND t.pinned_until > :today::date
        ) AS present
    ), '{}')::text AS present,
    coalesce((
        SELECT jsonb_object_agg(kind, jsonb_build_object(
            'band', band, 'acted_on', acted_on, 'open', open))
        FROM (
            SELECT a.kind,
                coalesce((array_agg(a.band ORDER BY a.action_id DESC)
                    FILTER (WHERE a.state = 'applied'))[1], '') AS band,
                (max(a.decided_at) AT TIME ZONE 'UTC')::date AS acted_on,
                bool_or(a.state = 'proposed') AS open
            FROM merchants.action AS a
            WHERE a.merchant_id = m.merchant_id AND a.policy = :policy::text
            GROUP BY a.kind
        ) AS last
    ), '{}')::text AS last
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
WHERE m.status = 'approved' AND m.merchant_id > :after::int
ORDER BY m.merchant_id
LIMIT :batch::int
