-- Whose it is and whether there is such an order only the file knows: nothing of it can be changed.
SELECT w.order_id
FROM unnest(:order_ids::bigint[]) AS w (order_id)
JOIN orders.archive AS a ON a.month = w.order_id / 10000000000000 AND a.kind = 'orders'
