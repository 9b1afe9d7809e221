-- The address counts as it would be read: case and outer spaces do not matter.
WITH recent AS (
    SELECT r.merchant_id, r.order_id, r.channel, r.received_at,
        dense_rank() OVER kinds AS kin,
        count(*) OVER kind > 1 AS has_kin
    FROM streams.streams AS t
    JOIN orders.receipt AS r ON (r.merchant_id, r.stream_id) = (t.merchant_id, t.stream_id)
    CROSS JOIN LATERAL (
        SELECT string_agg(lower(btrim(part.value)), chr(31) ORDER BY part.key) AS read
        FROM json_each_text(r.ship_to) AS part (key, value)
        WHERE part.key IN ('name', 'line1', 'line2', 'city', 'region', 'postal_code', 'country')
    ) AS address
    WHERE t.ends_at >= :since::timestamptz AND r.received_at >= :since::timestamptz
        AND r.outcome = 'accepted' AND r.buyer_id <> ''
        AND (r.channel = ANY (:channels::text[]) OR '*' = ANY (:channels::text[]))
    WINDOW kind AS (
        PARTITION BY r.merchant_id, r.channel, r.stream_id, r.buyer_id, address.read
    ), kinds AS (ORDER BY r.merchant_id, r.channel, r.stream_id, r.buyer_id, address.read)
)
SELECT r.merchant_id, r.order_id, r.channel, r.kin, r.received_at, m.group_id,
    g.received_at AS group_at
FROM recent AS r
JOIN lifecycle.subjects AS s ON (s.merchant_id, s.subject_id) = (r.merchant_id, r.order_id)
LEFT JOIN orders.merge_member AS m ON (m.merchant_id, m.order_id) = (r.merchant_id, r.order_id)
LEFT JOIN orders.receipt AS g ON (g.merchant_id, g.order_id) = (m.merchant_id, m.group_id)
WHERE r.has_kin AND s.status IN ('held', 'open')
    AND NOT EXISTS (
        SELECT
        FROM allocation.fulfilment_orders AS f
        WHERE (f.merchant_id, f.order_id) = (r.merchant_id, r.order_id)
            AND f.fulfilment_order_id <> r.order_id)
ORDER BY r.merchant_id, r.kin, r.received_at, r.order_id
