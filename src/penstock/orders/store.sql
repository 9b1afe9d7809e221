INSERT INTO orders.receipt (merchant_id, received_at, order_id, channel, channel_order_id, outcome,
    detail, country, currency, goods_minor, shipping_minor, policy, stream_id, buyer_id, ship_to,
    ordered_at, paid_at, dispatch_by_at, deliver_by_at)
SELECT :merchant_id::int, :received_at::timestamptz, order_id, channel, channel_order_id, outcome,
    detail, country, currency, goods_minor, shipping_minor, policy, stream_id, buyer_id,
    ship_to::json, ordered_at, paid_at, dispatch_by_at, deliver_by_at
FROM unnest(:order_ids::bigint[], :channels::text[], :channel_order_ids::text[], :outcomes::text[],
            :details::text[], :countries::text[], :currencies::text[], :goods_minor::bigint[],
            :shipping_minor::bigint[], :policies::text[], :stream_ids::bigint[],
            :buyer_ids::text[], :ship_to::text[], :ordered_at::timestamptz[],
            :paid_at::timestamptz[], :dispatch_by_at::timestamptz[], :deliver_by_at::timestamptz[])
    AS n (order_id, channel, channel_order_id, outcome, detail, country, currency, goods_minor,
          shipping_minor, policy, stream_id, buyer_id, ship_to, ordered_at, paid_at,
          dispatch_by_at, deliver_by_at)
