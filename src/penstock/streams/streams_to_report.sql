SELECT s.merchant_id, s.stream_id
FROM streams.stream AS s
WHERE s.state = 'closed'
    AND NOT EXISTS (
        SELECT FROM streams.report AS r
        WHERE (r.merchant_id, r.stream_id) = (s.merchant_id, s.stream_id))
ORDER BY s.merchant_id, s.stream_id
LIMIT 20
