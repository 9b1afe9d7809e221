SELECT s.stream_id, m.code AS merchant, s.code
FROM streams.stream AS s
JOIN merchants.merchants AS m ON m.merchant_id = s.merchant_id
WHERE s.stream_id = ANY (:stream_ids::bigint[])
