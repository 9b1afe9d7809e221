SELECT code, stream_id
FROM streams.streams
WHERE merchant_id = :merchant_id::int AND code = ANY (:codes::text[]) AND state <> 'closed'
