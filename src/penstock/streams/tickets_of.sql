-- Who waits lies close together, so the distance to the first of them is how many are ahead.
SELECT t.sku_id, k.code AS sku, t.client_key, t.ticket_id, t.position, t.status,
    (t.position - coalesce((
        SELECT min(f.position)
        FROM streams.ticket AS f
        WHERE (f.merchant_id, f.stream_id, f.sku_id) = (t.merchant_id, t.stream_id, t.sku_id)
            AND f.status = 'waiting'), t.position))::int AS ahead,
    CASE WHEN b.paused THEN 0 ELSE least(a.per_minute, b.throttle) END AS per_minute,
    t.expires_at
FROM unnest(:sku_ids::bigint[], :client_keys::text[]) AS w (sku_id, client_key)
JOIN streams.ticket AS t
    ON (t.merchant_id, t.stream_id, t.sku_id, t.client_key)
        = (:merchant_id::int, :stream_id::bigint, w.sku_id, w.client_key)
JOIN merchants.skus AS k ON (k.merchant_id, k.sku_id) = (t.merchant_id, t.sku_id)
JOIN streams.admission AS a
    ON (a.merchant_id, a.stream_id, a.sku_id) = (t.merchant_id, t.stream_id, t.sku_id)
CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(b.kind = 'pause'), false) AS paused,
        min(b.value) FILTER (WHERE b.kind = 'throttle') AS throttle
    FROM streams.brake AS b
    WHERE (b.merchant_id, b.stream_id) = (t.merchant_id, t.stream_id)
        AND b.sku_id IN (0, t.sku_id)
        AND b.from_at <= :now::timestamptz AND b.to_at > :now::timestamptz
) AS b
