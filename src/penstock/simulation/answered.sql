SELECT m.code AS merchant, r.outcome, count(*) AS orders, max(r.order_id) AS last_id
FROM orders.receipts AS r
JOIN merchants.merchants AS m USING (merchant_id)
WHERE r.order_id > :after::bigint
GROUP BY m.code, r.outcome
