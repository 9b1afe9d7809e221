-- Addresses are taken apart only for buyers with several orders. They count as they would be read:
-- case and outer spaces do not matter.
WITH recent AS (
    SELECT r.merchant_id, r.order_id, r.channel, r.stream_id, r.buyer_id, r.received_at, r.ship_to,
        count(*) OVER (PARTITION BY r.merchant_id, r.stream_id, r.buyer_id, r.channel) AS orders
    FROM streams.streams AS t
    JOIN orders.receipt AS r ON (r.merchant_id, r.stream_id) = (t.merchant_id, t.stream_id)
    WHERE t.ends_at >= :since::timestamptz AND t.starts_at <= :now::timestamptz
        AND r.received_at >= :since::timestamptz
        AND r.outcome = 'accepted' AND r.buyer_id <> ''
        AND (r.channel = ANY (:channels::text[]) OR '*' = ANY (:channels::text[]))
), addressed AS (
    SELECT r.merchant_id, r.order_id, r.channel, r.received_at,
        dense_rank() OVER (
            ORDER BY r.merchant_id, r.channel, r.stream_id, r.buyer_id, a.address) AS kin,
        count(*) OVER (
            PARTITION BY r.merchant_id, r.channel, r.stream_id, r.buyer_id, a.address) AS orders
    FROM recent AS r
    CROSS JOIN LATERAL (
        SELECT string_agg(part.key || chr(31) || lower(btrim(part.value)), chr(30)
                          ORDER BY part.key)
        FROM json_each_text(r.ship_to) AS part (key, value)
        WHERE part.key IN ('name', 'line1', 'line2', 'city', 'region', 'postal_code', 'country')
    ) AS a (address)
    WHERE r.orders > 1
)
SELECT r.merchant_id, r.order_id, r.channel, r.kin, r.received_at, m.group_id,
    g.received_at AS group_at
FROM addressed AS r
JOIN lifecycle.subjects AS s ON (s.merchant_id, s.subject_id) = (r.merchant_id, r.order_id)
LEFT JOIN orders.merge_member AS m ON (m.merchant_id, m.order_id) = (r.merchant_id, r.order_id)
LEFT JOIN orders.receipt AS g ON (g.merchant_id, g.order_id) = (m.merchant_id, m.group_id)
WHERE r.orders > 1 AND s.status IN ('held', 'open')
    AND NOT EXISTS (
        SELECT
        FROM allocation.fulfilment_orders AS f
        WHERE (f.merchant_id, f.order_id) = (r.merchant_id, r.order_id)
            AND f.fulfilment_order_id <> r.order_id)
ORDER BY r.merchant_id, r.kin, r.received_at, r.order_id
