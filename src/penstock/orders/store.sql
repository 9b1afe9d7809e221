-- Accepted and refused alike take their natural key, so that a retry finds the answer it missed;
-- where another transaction took one first, the constraint fails and all is run again.
-- What many orders or lines of a batch have in common is sent once, and they say which it is by
-- `alike`, counted from 1: to unfold a column costs more than to look into it.
WITH keyed AS (
    INSERT INTO orders.key (merchant_id, channel, channel_order_id, order_id, body_sha256)
    SELECT :merchant_id::int, (:channels::text[])[alike], channel_order_id, order_id, body_sha256
    FROM unnest(:channel_order_ids::text[], :order_ids::bigint[], :body_sha256::bytea[],
                :alike::int[])
        AS n (channel_order_id, order_id, body_sha256, alike)
), lined AS (
    INSERT INTO orders.line (merchant_id, order_id, line_no, pool_id, sku_id, quantity, accepted,
                             backordered, unit_price_minor)
    SELECT :merchant_id::int, order_id, (:line_nos::int[])[alike], (:pool_ids::int[])[alike],
        (:sku_ids::bigint[])[alike], (:quantities::int[])[alike], (:accepted::int[])[alike],
        (:backordered::int[])[alike], (:unit_price_minor::bigint[])[alike]
    FROM unnest(:line_order_ids::bigint[], :lines_alike::int[]) AS n (order_id, alike)
)
INSERT INTO orders.receipt (merchant_id, received_at, order_id, channel, channel_order_id, outcome,
    detail, country, currency, goods_minor, shipping_minor, policy, stream_id, buyer_id, ship_to,
    ordered_at, paid_at, dispatch_by_at, deliver_by_at)
SELECT :merchant_id::int, :at::timestamptz, order_id, (:channels::text[])[alike],
    channel_order_id, (:outcomes::text[])[alike], (:details::text[])[alike],
    (:countries::text[])[alike], (:currencies::text[])[alike], goods_minor,
    (:shipping_minor::bigint[])[alike], (:policies::text[])[alike],
    (:stream_ids::bigint[])[alike], buyer_id, ship_to::json, ordered_at, paid_at,
    (:dispatch_by_at::timestamptz[])[alike], (:deliver_by_at::timestamptz[])[alike]
FROM unnest(:order_ids::bigint[], :channel_order_ids::text[], :goods_minor::bigint[],
            :buyer_ids::text[], :ship_to::text[], :ordered_at::timestamptz[],
            :paid_at::timestamptz[], :alike::int[])
    AS n (order_id, channel_order_id, goods_minor, buyer_id, ship_to, ordered_at, paid_at, alike)
