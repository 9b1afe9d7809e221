-- Nothing is reserved for such a line yet, so its pool is still open: the rule is that of receipt.
UPDATE orders.line AS l
SET pool_id = found.pool_id
FROM (
    SELECT DISTINCT ON (w.merchant_id, w.order_id, w.line_no)
        w.merchant_id, w.order_id, w.line_no, p.pool_id
    FROM (SELECT l.merchant_id, l.order_id, l.line_no, l.sku_id, o.country, o.stream_id
          FROM unnest(:merchant_ids::int[], :order_ids::bigint[]) AS w (merchant_id, order_id)
          JOIN orders.receipt AS o ON (o.merchant_id, o.order_id) = (w.merchant_id, w.order_id)
          JOIN orders.line AS l ON (l.merchant_id, l.order_id) = (w.merchant_id, w.order_id)
          WHERE l.backordered > 0 AND l.pool_id = 0) AS w
    JOIN inventory.pool_stocks AS c ON (c.merchant_id, c.sku_id) = (w.merchant_id, w.sku_id)
    JOIN inventory.pools AS p ON (p.merchant_id, p.pool_id) = (c.merchant_id, c.pool_id)
    LEFT JOIN inventory.pool_markets AS m
        ON (m.merchant_id, m.pool_id, m.country) = (p.merchant_id, p.pool_id, w.country)
    WHERE p.stream_id = w.stream_id OR m.pool_id IS NOT NULL
    ORDER BY w.merchant_id, w.order_id, w.line_no, p.stream_id IS NULL, m.rank, p.pool_id
) AS found
WHERE (l.merchant_id, l.order_id, l.line_no) = (found.merchant_id, found.order_id, found.line_no)
