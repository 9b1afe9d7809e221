INSERT INTO orders.receipt (merchant_id, order_id, channel, channel_order_id, body_sha256, outcome,
    detail, country, currency, goods_minor, shipping_minor, policy, stream_id, buyer_id, ship_to,
    ordered_at, paid_at, received_at, dispatch_by_at, deliver_by_at)
SELECT :merchant_id::int, order_id, channel, channel_order_id, body_sha256, outcome,
    detail, country, currency, goods_minor, shipping_minor, policy, stream_id, buyer_id,
    ship_to::jsonb, ordered_at, paid_at, :received_at::timestamptz, dispatch_by_at, deliver_by_at
FROM unnest(:order_ids::bigint[], :channels::text[], :channel_order_ids::text[],
            :body_sha256::bytea[], :outcomes::text[], :details::text[], :countries::text[],
            :currencies::text[], :goods_minor::bigint[], :shipping_minor::bigint[],
            :policies::text[], :stream_ids::bigint[], :buyer_ids::text[], :ship_to::text[],
            :ordered_at::timestamptz[], :paid_at::timestamptz[], :dispatch_by_at::timestamptz[],
            :deliver_by_at::timestamptz[])
    AS n (order_id, channel, channel_order_id, body_sha256, outcome, detail, country, currency,
          goods_minor, shipping_minor, policy, stream_id, buyer_id, ship_to, ordered_at, paid_at,
          dispatch_by_at, deliver_by_at)
ON CONFLICT (merchant_id, channel, channel_order_id) DO NOTHING
RETURNING order_id
