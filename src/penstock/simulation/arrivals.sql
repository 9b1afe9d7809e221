-- When orders were placed, by the channel's own clock: receipt works in batches and would show
-- steps that no shopper made.
SELECT bin.at,
    count(r.order_id) FILTER (WHERE r.outcome = 'accepted')::int AS accepted,
    count(r.order_id) FILTER (WHERE r.outcome <> 'accepted')::int AS refused
FROM generate_series(:from_at::timestamptz, :to_at::timestamptz - make_interval(secs => :bin_s::int),
                     make_interval(secs => :bin_s::int)) AS bin (at)
LEFT JOIN orders.receipts AS r
    ON r.ordered_at >= :from_at::timestamptz AND r.ordered_at < :to_at::timestamptz
    AND date_bin(make_interval(secs => :bin_s::int), r.ordered_at, :from_at::timestamptz) = bin.at
GROUP BY bin.at
ORDER BY bin.at
