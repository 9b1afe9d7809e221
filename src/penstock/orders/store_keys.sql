INSERT INTO orders.key (merchant_id, channel, channel_order_id, order_id, body_sha256)
SELECT :merchant_id::int, *
FROM unnest(:channels::text[], :channel_order_ids::text[], :order_ids::bigint[],
            :body_sha256::bytea[])
