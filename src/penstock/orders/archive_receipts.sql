SELECT r.merchant_id, r.order_id, r.channel, r.channel_order_id, r.received_at, r.outcome, r.detail,
    r.country, r.currency, r.goods_minor, r.shipping_minor, r.policy, r.stream_id, r.buyer_id,
    r.ship_to, r.ordered_at, r.paid_at, r.dispatch_by_at, r.deliver_by_at, k.body_sha256
FROM (
    SELECT *
    FROM orders.receipt
    WHERE order_id >= :month::int * 10000000000000 AND order_id < (:month::int + 1) * 10000000000000
        AND (merchant_id, order_id) > (:merchant_id::int, :order_id::bigint)
    ORDER BY merchant_id, order_id
    LIMIT :batch::int
) AS r
CROSS JOIN LATERAL (
    SELECT body_sha256
    FROM orders.key
    WHERE (merchant_id, channel, channel_order_id) = (r.merchant_id, r.channel, r.channel_order_id)
) AS k
ORDER BY r.merchant_id, r.order_id
