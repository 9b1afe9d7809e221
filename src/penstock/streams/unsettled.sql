SELECT merchant_id, stream_id
FROM streams.report
WHERE settled_at IS NULL
ORDER BY merchant_id, stream_id
