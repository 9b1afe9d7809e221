INSERT INTO streams.bought (merchant_id, stream_id, buyer_id, order_id, sku_id, units)
SELECT o.merchant_id, o.stream_id, o.buyer_id, o.order_id, l.sku_id, sum(l.accepted)
FROM orders.orders AS o
JOIN orders.lines AS l ON (l.merchant_id, l.order_id) = (o.merchant_id, o.order_id)
WHERE o.merchant_id = :merchant_id::int AND o.stream_id = :stream_id::bigint
    AND o.buyer_id <> '' AND l.accepted > 0
GROUP BY o.merchant_id, o.stream_id, o.buyer_id, o.order_id, l.sku_id
ON CONFLICT (merchant_id, stream_id, buyer_id, order_id, sku_id) DO NOTHING
