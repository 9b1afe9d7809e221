-- Orders that streams are planned to bring on each of the coming :days days, counted from :now.
SELECT d.day::int AS day,
    sum(s.expected_orders
        * extract(epoch FROM least(s.ends_at, :now::timestamptz + d.day * interval '24 hours')
                  - greatest(s.starts_at, :now::timestamptz + (d.day - 1) * interval '24 hours'))
        / extract(epoch FROM s.ends_at - s.starts_at))::float8 AS orders
FROM generate_series(1, :days::int) AS d (day)
JOIN streams.streams AS s
    ON s.starts_at < :now::timestamptz + d.day * interval '24 hours'
    AND s.ends_at > :now::timestamptz + (d.day - 1) * interval '24 hours'
WHERE s.merchant_id = :merchant::int AND s.cancelled_at IS NULL AND s.expected_orders > 0
GROUP BY d.day
ORDER BY d.day
