SELECT merchant_id, order_id, channel, channel_order_id, received_at, outcome, detail, country,
    currency, goods_minor, shipping_minor, policy, stream_id, buyer_id, ship_to::text AS ship_to,
    ordered_at, paid_at, dispatch_by_at, deliver_by_at
FROM orders.receipt
WHERE order_id >= :month::int * 10000000000000 AND order_id < (:month::int + 1) * 10000000000000
    AND (merchant_id, order_id) > (:merchant_id::int, :order_id::bigint)
ORDER BY merchant_id, order_id
LIMIT :batch::int
