SELECT merchant_id, stream_id
FROM streams.stream
WHERE state <> 'closed' AND counted_to < date_trunc('minute', :now::timestamptz)
ORDER BY merchant_id, stream_id
FOR UPDATE SKIP LOCKED
