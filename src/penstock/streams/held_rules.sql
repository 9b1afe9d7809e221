-- A brake that a rule has set is found again by the rule's code, the stream and the SKU.
WITH rule AS (
    SELECT r.merchant_id, r.code, r.measure, r.threshold, r.kind, r.value, r.at_least_min,
        s.stream_id, s.code AS stream
    FROM streams.brake_rule AS r
    JOIN streams.stream AS s
        ON s.merchant_id = r.merchant_id AND r.stream_id IN (0, s.stream_id) AND s.state = 'live'
    WHERE r.effective_from <= :now::timestamptz AND r.effective_to > :now::timestamptz
), measured AS (
    SELECT r.*, 0::bigint AS sku_id,
        CASE r.measure
            WHEN 'late_percent' THEN 100.0 * w.late_orders / nullif(w.open_orders, 0)
            ELSE extract(epoch FROM :now::timestamptz - w.oldest_unserved_at) / 60
        END::float8 AS measured
    FROM rule AS r
    JOIN streams.watch AS w ON (w.merchant_id, w.stream_id) = (r.merchant_id, r.stream_id)
    WHERE r.measure <> 'stock_out_min'
    UNION ALL
    SELECT r.*, k.sku_id, ((c.on_hand - c.reserved) / (nullif(m.units, 0) / 5.0))::float8
    FROM rule AS r
    JOIN streams.stream_sku AS k ON (k.merchant_id, k.stream_id) = (r.merchant_id, r.stream_id)
    JOIN inventory.pool_stocks AS c
        ON (c.merchant_id, c.pool_id, c.sku_id) = (k.merchant_id, k.pool_id, k.sku_id)
    CROSS JOIN LATERAL (
        SELECT sum(m.units) AS units
        FROM streams.minute AS m
        WHERE (m.merchant_id, m.stream_id, m.sku_id, m.outcome)
            = (k.merchant_id, k.stream_id, k.sku_id, 'accepted')
            AND m.minute >= date_trunc('minute', :now::timestamptz) - interval '5 minutes'
    ) AS m
    WHERE r.measure = 'stock_out_min'
), brake AS (
    SELECT b.merchant_id, b.stream_id, b.sku_id, b.rule, s.code AS stream, b.kind, b.value,
        b.from_at
    FROM streams.brake AS b
    JOIN streams.stream AS s ON (s.merchant_id, s.stream_id) = (b.merchant_id, b.stream_id)
    WHERE b.rule <> '' AND s.state = 'live'
        AND b.from_at <= :now::timestamptz AND b.to_at > :now::timestamptz
)
SELECT coalesce(m.merchant_id, b.merchant_id) AS merchant_id,
    coalesce(m.stream, b.stream) AS stream, coalesce(m.sku_id, b.sku_id) AS sku_id,
    coalesce(m.code, b.rule) AS rule, coalesce(m.measure, '') AS measure,
    coalesce(m.threshold, 0) AS threshold, coalesce(m.measured, 0) AS measured,
    CASE WHEN m.code IS NOT NULL THEN
        coalesce(CASE m.measure WHEN 'stock_out_min' THEN m.measured < m.threshold
                                ELSE m.measured > m.threshold END, false) END AS holds,
    coalesce(m.kind, b.kind) AS kind, coalesce(m.value, b.value) AS value, b.from_at AS set_at,
    b.from_at + make_interval(mins => coalesce(m.at_least_min, 0)) AS may_end_at
FROM measured AS m
FULL JOIN brake AS b
    ON (b.merchant_id, b.stream_id, b.sku_id, b.rule)
        = (m.merchant_id, m.stream_id, m.sku_id, m.code)
ORDER BY 1, 2, 3, 4
