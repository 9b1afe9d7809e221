SELECT node_id, wanted, booked
FROM streams.booking
WHERE merchant_id = :merchant_id::int AND stream_id = :stream_id::bigint
ORDER BY node_id
