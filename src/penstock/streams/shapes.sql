SELECT shape
FROM streams.report
WHERE accepted_orders > 0
ORDER BY closed_at DESC, merchant_id, stream_id
LIMIT :streams::int
