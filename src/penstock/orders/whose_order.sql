-- Each merchant's key is tried, never a scan.
SELECT o.merchant_id
FROM merchants.merchants AS m
JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (m.merchant_id, :order_id::bigint)
