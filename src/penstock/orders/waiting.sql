-- Earlier lines of orders that another worker has, or that pause, are counted and not served.
WITH claimed AS (
    SELECT * FROM unnest(:merchant_ids::int[], :order_ids::bigint[]) AS c (merchant_id, order_id)
), asked AS (
    SELECT l.merchant_id, l.order_id, l.line_no, l.sku_id, l.pool_id, l.backordered
    FROM claimed AS c
    JOIN orders.line AS l ON (l.merchant_id, l.order_id) = (c.merchant_id, c.order_id)
    WHERE l.backordered > 0
), queue AS (
    SELECT l.merchant_id, l.order_id, l.line_no, l.sku_id, l.pool_id, l.backordered,
        o.received_at, c.order_id IS NOT NULL AS claimed,
        coalesce(sum(l.backordered) FILTER (WHERE c.order_id IS NULL) OVER (
            PARTITION BY l.merchant_id, l.pool_id, l.sku_id
            ORDER BY o.received_at, l.order_id, l.line_no), 0)::int AS ahead
    FROM (SELECT DISTINCT merchant_id, pool_id, sku_id FROM asked) AS a
    JOIN orders.line AS l
        ON (l.merchant_id, l.pool_id, l.sku_id) = (a.merchant_id, a.pool_id, a.sku_id)
        AND l.backordered > 0
    JOIN orders.receipt AS o ON (o.merchant_id, o.order_id) = (l.merchant_id, l.order_id)
    JOIN lifecycle.subjects AS s
        ON (s.merchant_id, s.subject_id) = (l.merchant_id, l.order_id)
        AND s.status = 'backordered'
    LEFT JOIN claimed AS c ON (c.merchant_id, c.order_id) = (l.merchant_id, l.order_id)
)
SELECT q.merchant_id, q.order_id, q.line_no, q.sku_id, q.pool_id,
    coalesce(p.family_id, q.pool_id) AS family_id, q.backordered, q.ahead
FROM queue AS q
LEFT JOIN inventory.pools AS p ON (p.merchant_id, p.pool_id) = (q.merchant_id, q.pool_id)
WHERE q.claimed
ORDER BY q.merchant_id, q.received_at, q.order_id, q.line_no
