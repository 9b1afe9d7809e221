SELECT m.code AS merchant, r.outcome, count(*) AS orders
FROM orders.receipts AS r
JOIN merchants.merchants AS m USING (merchant_id)
GROUP BY m.code, r.outcome
