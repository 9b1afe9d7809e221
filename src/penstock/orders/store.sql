-- Accepted and refused alike take their natural key, so that a retry finds the answer it missed;
-- where another transaction took one first, the constraint fails and all is run again.
WITH keyed AS (
    INSERT INTO orders.key (merchant_id, channel, channel_order_id, order_id, body_sha256)
    SELECT :merchant_id::int, *
    FROM unnest(:channels::text[], :channel_order_ids::text[], :order_ids::bigint[],
                :body_sha256::bytea[])
), lined AS (
    INSERT INTO orders.line (merchant_id, order_id, line_no, pool_id, sku_id, quantity, accepted,
                             backordered, unit_price_minor)
    SELECT :merchant_id::int, *
    FROM unnest(:line_order_ids::bigint[], :line_nos::int[], :pool_ids::int[], :sku_ids::bigint[],
                :quantities::int[], :accepted::int[], :backordered::int[],
                :unit_price_minor::bigint[])
)
INSERT INTO orders.receipt (merchant_id, received_at, order_id, channel, channel_order_id, outcome,
    detail, country, currency, goods_minor, shipping_minor, policy, stream_id, buyer_id, ship_to,
    ordered_at, paid_at, dispatch_by_at, deliver_by_at)
SELECT :merchant_id::int, :at::timestamptz, order_id, channel, channel_order_id, outcome,
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
