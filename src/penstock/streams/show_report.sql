SELECT json_build_object(
    'code', s.code, 'title', s.title, 'starts_at', s.starts_at, 'ends_at', s.ends_at,
    'closed_at', r.closed_at, 'cancelled_at', s.cancelled_at, 'settled_at', r.settled_at,
    'accepted_orders', r.accepted_orders, 'sold_units', r.sold_units, 'refused', r.refused,
    'peak_orders_per_minute', r.peak_orders, 'peak_at', r.peak_at,
    'expected_orders', r.expected_orders,
    'forecast_error', round((r.accepted_orders - r.expected_orders)::numeric
                            / nullif(r.expected_orders, 0), 4),
    'given_back', (
        SELECT coalesce(sum(k.given_back), 0)
        FROM streams.stream_sku AS k
        WHERE (k.merchant_id, k.stream_id) = (r.merchant_id, r.stream_id)),
    'dispatched', r.dispatched, 'late', r.late, 'cancelled', r.cancelled,
    'under_way', r.under_way)::text AS report
FROM streams.stream AS s
JOIN streams.report AS r ON (r.merchant_id, r.stream_id) = (s.merchant_id, s.stream_id)
WHERE s.merchant_id = :merchant_id::int AND s.code = :code::text
