-- Fenced by OFFSET 0, so that each key is looked up by itself however much is stored.
SELECT w.position::int, k.order_id, k.body_sha256, r.outcome, r.detail, r.dispatch_by_at,
    r.deliver_by_at
FROM unnest(:channels::text[], :channel_order_ids::text[])
    WITH ORDINALITY AS w (channel, channel_order_id, position)
CROSS JOIN LATERAL (
    SELECT order_id, body_sha256
    FROM orders.key
    WHERE (merchant_id, channel, channel_order_id)
        = (:merchant_id::int, w.channel, w.channel_order_id)
    OFFSET 0
) AS k
CROSS JOIN LATERAL (
    SELECT outcome, detail, dispatch_by_at, deliver_by_at
    FROM orders.receipt
    WHERE (merchant_id, order_id) = (:merchant_id::int, k.order_id)
    OFFSET 0
) AS r
