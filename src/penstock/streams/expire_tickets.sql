WITH gate AS (
    SELECT w.*, s.state = 'closed' AS closed
    FROM unnest(:merchant_ids::int[], :stream_ids::bigint[], :sku_ids::bigint[])
        AS w (merchant_id, stream_id, sku_id)
    JOIN streams.stream AS s ON (s.merchant_id, s.stream_id) = (w.merchant_id, w.stream_id)
), expired AS (
    UPDATE streams.ticket AS t
    SET status = 'expired'
    FROM gate AS g
    WHERE (t.merchant_id, t.stream_id, t.sku_id) = (g.merchant_id, g.stream_id, g.sku_id)
        AND ((t.status = 'admitted' AND (g.closed OR t.expires_at <= :now::timestamptz))
            OR (t.status = 'waiting' AND g.closed))
    RETURNING 1
), shut AS (
    UPDATE streams.admission AS a
    SET open = false
    FROM gate AS g
    WHERE (a.merchant_id, a.stream_id, a.sku_id) = (g.merchant_id, g.stream_id, g.sku_id)
        AND g.closed
)
SELECT count(*)::int AS expired FROM expired
