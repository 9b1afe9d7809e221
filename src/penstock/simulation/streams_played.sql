SELECT s.code, s.title, m.title AS merchant, s.starts_at, s.ends_at, s.expected_orders,
    coalesce(sum(k.ring_fenced), 0)::int AS ring_fenced,
    coalesce(sum(k.given_back), 0)::int AS given_back
FROM streams.streams AS s
JOIN merchants.merchants AS m ON m.merchant_id = s.merchant_id
LEFT JOIN streams.stream_skus AS k
    ON (k.merchant_id, k.stream_id) = (s.merchant_id, s.stream_id)
GROUP BY s.merchant_id, s.stream_id, s.code, s.title, m.title, s.starts_at, s.ends_at,
    s.expected_orders
ORDER BY s.starts_at, s.merchant_id, s.stream_id
