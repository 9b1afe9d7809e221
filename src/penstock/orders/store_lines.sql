INSERT INTO orders.line (merchant_id, order_id, line_no, sku_id, pool_id, quantity, accepted,
                         backordered, unit_price_minor)
SELECT :merchant_id::int, *
FROM unnest(:order_ids::bigint[], :line_nos::int[], :sku_ids::bigint[], :pool_ids::int[],
            :quantities::int[], :accepted::int[], :backordered::int[],
            :unit_price_minor::bigint[])
