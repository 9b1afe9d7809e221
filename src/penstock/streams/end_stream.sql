UPDATE streams.stream
SET state = 'closed', cancelled_at = :now::timestamptz
WHERE merchant_id = :merchant_id::int AND stream_id = :stream_id::bigint
