-- Whole minutes come from the counts; only the end, which they do not hold yet, is counted from
-- orders. A sample is a minute or a single order; what of it lies in a window counts there.
WITH stream AS (
    SELECT s.*, least(s.counted_to,
        date_trunc('minute', :now::timestamptz - interval '1 minute')) AS tail_at
    FROM streams.stream AS s
    WHERE s.merchant_id = :merchant_id::int AND s.code = :code::text
), tail AS MATERIALIZED (
    SELECT r.merchant_id, r.order_id, r.outcome, r.received_at
    FROM stream AS s
    JOIN orders.receipts AS r ON (r.merchant_id, r.stream_id) = (s.merchant_id, s.stream_id)
    WHERE r.received_at >= s.tail_at
), tail_line AS (
    SELECT t.order_id, t.received_at, l.sku_id, sum(l.accepted) AS units
    FROM tail AS t
    CROSS JOIN LATERAL (
        SELECT l.sku_id, l.accepted
        FROM orders.lines AS l
        WHERE (l.merchant_id, l.order_id) = (t.merchant_id, t.order_id)
        OFFSET 0
    ) AS l
    WHERE t.outcome = 'accepted'
    GROUP BY t.order_id, t.received_at, l.sku_id
), sample AS (
    SELECT m.sku_id, m.outcome, m.minute AS at, interval '1 minute' AS length,
        CASE WHEN m.minute < s.tail_at THEN m.orders ELSE 0 END + m.turned_away AS orders,
        CASE WHEN m.minute < s.tail_at THEN m.units ELSE 0 END AS units
    FROM stream AS s
    JOIN streams.minute AS m ON (m.merchant_id, m.stream_id) = (s.merchant_id, s.stream_id)
    UNION ALL
    SELECT 0, t.outcome, t.received_at, interval '1 microsecond', 1, 0 FROM tail AS t
    UNION ALL
    SELECT l.sku_id, 'accepted', l.received_at, interval '1 microsecond', 1, l.units
    FROM tail_line AS l
    UNION ALL
    SELECT 0, 'accepted', l.received_at, interval '1 microsecond', 0, l.units
    FROM tail_line AS l
), figure AS (
    SELECT p.sku_id, p.outcome, sum(p.orders) AS orders, sum(p.units) AS units,
        sum(p.orders * w.in_1) AS orders_1, sum(p.orders * w.in_5) / 5 AS orders_5,
        sum(p.orders * w.in_15) / 15 AS orders_15,
        sum(p.units * w.in_1) AS units_1, sum(p.units * w.in_5) / 5 AS units_5,
        sum(p.units * w.in_15) / 15 AS units_15
    FROM sample AS p
    CROSS JOIN LATERAL (
        SELECT extract(epoch FROM p.at + p.length - :now::timestamptz)::float8 AS ends_s,
            extract(epoch FROM p.length)::float8 AS length_s
    ) AS e
    CROSS JOIN LATERAL (
        SELECT greatest(0, least(1, (e.ends_s + 60) / e.length_s)) AS in_1,
            greatest(0, least(1, (e.ends_s + 300) / e.length_s)) AS in_5,
            greatest(0, least(1, (e.ends_s + 900) / e.length_s)) AS in_15
    ) AS w
    GROUP BY p.sku_id, p.outcome
)
SELECT json_build_object(
    'code', s.code, 'title', s.title, 'state', s.state, 'cancelled_at', s.cancelled_at,
    'starts_at', s.starts_at, 'ends_at', s.ends_at, 'expected_orders', s.expected_orders,
    'accepted_orders', coalesce(f.orders, 0),
    'per_minute', json_build_array(
        coalesce(f.orders_1, 0), coalesce(f.orders_5, 0), coalesce(f.orders_15, 0)),
    'refused', (
        SELECT coalesce(json_object_agg(r.outcome, r.orders ORDER BY r.outcome), '{}')
        FROM figure AS r
        WHERE r.sku_id = 0 AND r.outcome <> 'accepted'),
    'skus', (
        SELECT coalesce(json_agg(json_build_object(
            'sku', n.code, 'ring_fenced', k.ring_fenced, 'given_back', k.given_back,
            'reserved', coalesce(c.reserved, 0),
            'left', coalesce(c.on_hand - c.reserved, 0),
            'sold', coalesce(u.units, 0),
            'units_per_minute', json_build_array(
                coalesce(u.units_1, 0), coalesce(u.units_5, 0), coalesce(u.units_15, 0)),
            'tickets', (
                SELECT json_build_object(
                    'waiting', count(*) FILTER (WHERE t.status = 'waiting'),
                    'admitted', count(*) FILTER (WHERE t.status = 'admitted'),
                    'sold_out', count(*) FILTER (WHERE t.status = 'sold_out'))
                FROM streams.ticket AS t
                WHERE (t.merchant_id, t.stream_id, t.sku_id)
                    = (k.merchant_id, k.stream_id, k.sku_id)
                    AND t.status IN ('waiting', 'admitted', 'sold_out'))) ORDER BY n.code), '[]')
        FROM streams.stream_sku AS k
        JOIN merchants.skus AS n ON (n.merchant_id, n.sku_id) = (k.merchant_id, k.sku_id)
        LEFT JOIN inventory.pool_stocks AS c
            ON (c.merchant_id, c.pool_id, c.sku_id) = (k.merchant_id, k.pool_id, k.sku_id)
        LEFT JOIN figure AS u ON u.sku_id = k.sku_id AND u.outcome = 'accepted'
        WHERE (k.merchant_id, k.stream_id) = (s.merchant_id, s.stream_id)),
    'brakes', (
        SELECT coalesce(json_agg(json_build_object(
            'sku', coalesce(n.code, ''), 'kind', b.kind, 'value', b.value, 'from_at', b.from_at,
            'because', b.because, 'by', b.by, 'turned_away', b.turned_away)
            ORDER BY b.brake_id), '[]')
        FROM streams.brake AS b
        LEFT JOIN merchants.skus AS n ON (n.merchant_id, n.sku_id) = (b.merchant_id, b.sku_id)
        WHERE (b.merchant_id, b.stream_id) = (s.merchant_id, s.stream_id)
            AND b.from_at <= :now::timestamptz AND b.to_at > :now::timestamptz),
    'watch', (
        SELECT json_build_object(
            'at', w.at, 'open_orders', w.open_orders, 'late_orders', w.late_orders,
            'oldest_unserved_at', w.oldest_unserved_at, 'backlog', w.backlog)
        FROM streams.watch AS w
        WHERE (w.merchant_id, w.stream_id) = (s.merchant_id, s.stream_id)))::text AS monitor
FROM stream AS s
LEFT JOIN figure AS f ON f.sku_id = 0 AND f.outcome = 'accepted'
