-- What was sold since, by SKU and minute (the first is 0), beside what is remembered of it; a SKU
-- in a surge is looked at though it sold nothing. An order's lines are looked up one order at a
-- time, whatever their number: a plan that reads all lines would read years.
WITH sold AS (
    SELECT o.merchant_id, l.sku_id, o.minute, count(DISTINCT o.order_id)::int AS orders
    FROM (
        SELECT merchant_id, order_id,
            floor(extract(epoch FROM received_at - :since::timestamptz) / 60)::int AS minute
        FROM orders.orders
        WHERE received_at >= :since::timestamptz AND received_at < :until::timestamptz
    ) AS o
    CROSS JOIN LATERAL (
        SELECT n.sku_id
        FROM orders.lines AS n
        WHERE (n.merchant_id, n.order_id) = (o.merchant_id, o.order_id)
        OFFSET 0
    ) AS l
    GROUP BY o.merchant_id, l.sku_id, o.minute
), series AS (
    SELECT merchant_id, sku_id, array_agg(minute ORDER BY minute) AS minutes,
        array_agg(orders ORDER BY minute) AS orders
    FROM sold
    GROUP BY merchant_id, sku_id
), going AS (
    SELECT merchant_id, sku_id, started_at FROM planning.surge WHERE ended_at IS NULL
)
SELECT merchant_id, sku_id, coalesce(s.minutes, '{}') AS minutes, coalesce(s.orders, '{}') AS orders,
    w.counted_to, w.memory, g.started_at
FROM series AS s
FULL JOIN going AS g USING (merchant_id, sku_id)
LEFT JOIN planning.surge_watch AS w USING (merchant_id, sku_id)
ORDER BY merchant_id, sku_id
