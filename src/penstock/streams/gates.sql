-- Stock and promises must be of one moment: an order that uses a ticket turns one into the other.
SELECT a.merchant_id, a.stream_id, a.sku_id,
    CASE WHEN b.paused THEN 0 ELSE least(a.per_minute, b.throttle) END AS per_minute,
    a.valid_s, a.credit, a.credited_at,
    least(coalesce(c.on_hand - c.reserved, 0), b.capped)::int AS left,
    coalesce((
        SELECT sum(t.units)
        FROM streams.ticket AS t
        WHERE (t.merchant_id, t.stream_id, t.sku_id) = (a.merchant_id, a.stream_id, a.sku_id)
            AND t.status = 'admitted'), 0)::int AS promised
FROM unnest(:merchant_ids::int[], :stream_ids::bigint[], :sku_ids::bigint[])
    AS w (merchant_id, stream_id, sku_id)
JOIN streams.admission AS a
    ON (a.merchant_id, a.stream_id, a.sku_id) = (w.merchant_id, w.stream_id, w.sku_id)
JOIN streams.stream_sku AS k
    ON (k.merchant_id, k.stream_id, k.sku_id) = (a.merchant_id, a.stream_id, a.sku_id)
LEFT JOIN inventory.pool_stocks AS c
    ON (c.merchant_id, c.pool_id, c.sku_id) = (k.merchant_id, k.pool_id, k.sku_id)
CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(b.kind = 'pause'), false) AS paused,
        min(b.value) FILTER (WHERE b.kind = 'throttle') AS throttle,
        min(b.value - b.taken) FILTER (WHERE b.kind = 'cap') AS capped
    FROM streams.brake AS b
    WHERE (b.merchant_id, b.stream_id) = (a.merchant_id, a.stream_id)
        AND b.sku_id IN (0, a.sku_id)
        AND b.from_at <= :now::timestamptz AND b.to_at > :now::timestamptz
) AS b
WHERE a.open
ORDER BY a.merchant_id, a.stream_id, a.sku_id
