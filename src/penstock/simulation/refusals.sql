SELECT outcome AS reason, count(*)::int AS orders,
    (array_agg(channel_order_id || ': ' || detail ORDER BY ordered_at, order_id))[1] AS example
FROM orders.receipts
WHERE outcome <> 'accepted'
GROUP BY outcome
ORDER BY 2 DESC, 1
