SELECT m.merchant_id, m.code, m.title,
    count(r.order_id)::int AS received,
    count(*) FILTER (WHERE r.outcome = 'accepted')::int AS accepted,
    count(*) FILTER (WHERE r.outcome <> 'accepted')::int AS refused
FROM merchants.merchants AS m
LEFT JOIN orders.receipts AS r ON r.merchant_id = m.merchant_id
GROUP BY m.merchant_id, m.code, m.title
ORDER BY m.merchant_id
