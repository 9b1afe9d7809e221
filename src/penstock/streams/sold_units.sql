SELECT coalesce(sum(l.units), 0)::int AS units
FROM orders.orders AS o
CROSS JOIN LATERAL (
    SELECT sum(l.accepted) AS units
    FROM orders.lines AS l
    WHERE (l.merchant_id, l.order_id) = (o.merchant_id, o.order_id)
        AND :sku_id::bigint IN (0, l.sku_id)
    OFFSET 0
) AS l
WHERE o.merchant_id = :merchant_id::int AND o.stream_id = :stream_id::bigint
