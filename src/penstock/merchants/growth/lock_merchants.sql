-- In a statement of its own, so that the next one sees what whoever held the lock has written.
SELECT merchant_id
FROM merchants.merchant
WHERE merchant_id = ANY (:merchant_ids::int[])
ORDER BY merchant_id
FOR UPDATE
