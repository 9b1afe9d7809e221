SELECT s.known_at, s.status, s.score, s.detail::text AS detail
FROM experience.said AS s
WHERE (s.merchant_id, s.profile, s.day) = (:merchant::int, :profile::text, :day::date)
ORDER BY s.known_at
