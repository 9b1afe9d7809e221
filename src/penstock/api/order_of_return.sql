-- An operator may not know the merchant: then each merchant's key is tried, never a scan.
SELECT r.order_id
FROM merchants.merchants AS m
JOIN returns.rmas AS r ON (r.merchant_id, r.return_id) = (m.merchant_id, :return_id::bigint)
WHERE m.merchant_id = coalesce(:merchant_id::int, m.merchant_id)
