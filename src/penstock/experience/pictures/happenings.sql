-- What may have moved a score, by day (UTC), in the order in which it happened.
SELECT (h.at AT TIME ZONE 'UTC')::date AS day, h.kind, h.text
FROM (
    SELECT s.starts_at AS at, 'stream' AS kind, format('stream %s: %s', s.code, s.title) AS text
    FROM streams.streams AS s
    WHERE s.merchant_id = :merchant_id::int AND s.cancelled_at IS NULL
    UNION ALL
    SELECT s.started_at, 'surge',
        format('surge of %s: %s orders a minute at the peak, %s expected', k.code,
            round(s.peak::numeric), round(s.expected::numeric, 1))
    FROM planning.surges AS s
    JOIN merchants.skus AS k ON (k.merchant_id, k.sku_id) = (s.merchant_id, s.sku_id)
    WHERE s.merchant_id = :merchant_id::int
    UNION ALL
    SELECT a.decided_at, 'act', a.because
    FROM merchants.actions AS a
    WHERE a.merchant_id = :merchant_id::int AND a.state IN ('applied', 'reverted')
    UNION ALL
    SELECT a.reverted_at, 'act', format('reverted: %s', a.reverted_because)
    FROM merchants.actions AS a
    WHERE a.merchant_id = :merchant_id::int AND a.state = 'reverted'
    UNION ALL
    SELECT m.at, 'appeal', format('appeal %s %s: %s', m.appeal_id, m.event, m.because)
    FROM experience.appeal_moves AS m
    WHERE m.merchant_id = :merchant_id::int
) AS h
WHERE h.at >= :from_at::timestamptz AND h.at < :to_at::timestamptz
ORDER BY h.at, h.kind, h.text
