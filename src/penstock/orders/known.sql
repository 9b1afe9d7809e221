SELECT (w.position - 1)::int AS position, r.order_id, r.body_sha256, r.outcome, r.detail,
    r.dispatch_by_at, r.deliver_by_at
FROM unnest(:channels::text[], :channel_order_ids::text[])
    WITH ORDINALITY AS w (channel, channel_order_id, position)
JOIN orders.receipt AS r
    ON r.merchant_id = :merchant_id::int
    AND (r.channel, r.channel_order_id) = (w.channel, w.channel_order_id)
