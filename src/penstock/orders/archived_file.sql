SELECT file
FROM orders.archive
WHERE month = :order_id::bigint / 10000000000000 AND kind = 'orders'
