SELECT (w.position - 1)::int AS position
FROM unnest(:channels::text[], :channel_order_ids::text[], :paid::bool[])
    WITH ORDINALITY AS w (channel, channel_order_id, paid, position)
JOIN orders.keys AS k
    ON k.merchant_id = :merchant_id::int
    AND (k.channel, k.channel_order_id) = (w.channel, w.channel_order_id)
LEFT JOIN orders.receipts AS r ON r.merchant_id = :merchant_id::int AND r.order_id = k.order_id
WHERE coalesce(r.outcome, 'accepted') = 'accepted'  -- null: archived, and told when it is taken
    AND (r.outcome IS NULL OR r.paid_at IS NOT NULL OR NOT w.paid)  -- else this is its payment
ORDER BY w.position
