SELECT DISTINCT ON (s.day) s.merchant_id, s.profile, s.day, s.known_at, s.status, s.score,
    s.detail::text AS detail
FROM experience.said AS s
WHERE s.merchant_id = :merchant_id::int AND s.profile = :profile::text
    AND s.day BETWEEN :from_day::date AND :to_day::date
    AND s.known_at <= :known_at::timestamptz
ORDER BY s.day, s.known_at DESC
