-- SKU 0 is the stream as a whole: an order of two SKUs is one order there. Lines are looked up by
-- the key of their order; OFFSET 0 keeps a planner from pairing all of a merchant's rows first.
WITH asked AS (
    SELECT s.merchant_id, s.stream_id,
        CASE WHEN :late::interval IS NULL THEN '-infinity'
             ELSE s.counted_to - :late::interval END AS from_at,
        CASE WHEN :late::interval IS NULL THEN 'infinity'
             ELSE date_trunc('minute', :now::timestamptz) END AS to_at
    FROM unnest(:merchant_ids::int[], :stream_ids::bigint[]) AS a (merchant_id, stream_id)
    JOIN streams.stream AS s ON (s.merchant_id, s.stream_id) = (a.merchant_id, a.stream_id)
), came AS MATERIALIZED (
    SELECT a.merchant_id, a.stream_id, r.order_id, r.outcome, r.minute
    FROM asked AS a
    CROSS JOIN LATERAL (
        SELECT r.order_id, r.outcome, date_trunc('minute', r.received_at) AS minute
        FROM orders.receipts AS r
        WHERE (r.merchant_id, r.stream_id) = (a.merchant_id, a.stream_id)
            AND r.received_at >= date_trunc('minute', a.from_at) AND r.received_at < a.to_at
        OFFSET 0
    ) AS r
), line AS (
    SELECT c.merchant_id, c.stream_id, c.order_id, c.minute, l.sku_id,
        sum(l.accepted)::int AS units
    FROM came AS c
    CROSS JOIN LATERAL (
        SELECT l.sku_id, l.accepted
        FROM orders.lines AS l
        WHERE (l.merchant_id, l.order_id) = (c.merchant_id, c.order_id)
        OFFSET 0
    ) AS l
    WHERE c.outcome = 'accepted'
    GROUP BY c.merchant_id, c.stream_id, c.order_id, c.minute, l.sku_id
), counted AS (
    SELECT merchant_id, stream_id, 0::bigint AS sku_id, outcome, minute,
        count(*)::int AS orders, 0 AS units
    FROM came
    WHERE outcome <> 'accepted'
    GROUP BY merchant_id, stream_id, outcome, minute
    UNION ALL
    SELECT merchant_id, stream_id, coalesce(sku_id, 0), 'accepted', minute,
        count(DISTINCT order_id)::int, sum(units)::int
    FROM line
    GROUP BY GROUPING SETS ((merchant_id, stream_id, minute, sku_id),
                            (merchant_id, stream_id, minute))
), stored AS (
    INSERT INTO streams.minute AS m
        (merchant_id, stream_id, sku_id, outcome, minute, orders, units)
    SELECT merchant_id, stream_id, sku_id, outcome, minute, orders, units
    FROM counted
    ORDER BY merchant_id, stream_id, sku_id, outcome, minute
    ON CONFLICT (merchant_id, stream_id, sku_id, outcome, minute) DO UPDATE
    SET orders = excluded.orders, units = excluded.units
    WHERE (m.orders, m.units) <> (excluded.orders, excluded.units)
    RETURNING 1
), marked AS (
    UPDATE streams.stream AS s
    SET counted_to = date_trunc('minute', :now::timestamptz)
    FROM asked AS a
    WHERE (s.merchant_id, s.stream_id) = (a.merchant_id, a.stream_id)
)
SELECT count(*)::int AS written FROM stored
