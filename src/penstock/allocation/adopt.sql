-- The first fulfilment order of an order bears its id; those split off later have their rows.
WITH fresh AS (
    INSERT INTO allocation.fulfilment_order (merchant_id, fulfilment_order_id, order_id)
    SELECT o.merchant_id, o.order_id, o.order_id
    FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[])
        AS w (merchant_id, fulfilment_order_id)
    JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (w.merchant_id, w.fulfilment_order_id)
    ORDER BY o.merchant_id, o.order_id
    ON CONFLICT (merchant_id, fulfilment_order_id) DO NOTHING
    RETURNING merchant_id, order_id
)
INSERT INTO allocation.fulfilment_line
    (merchant_id, fulfilment_order_id, line_no, sku_id, quantity)
SELECT l.merchant_id, l.order_id, l.line_no, l.sku_id, l.accepted - l.backordered
FROM fresh AS f
JOIN orders.lines AS l ON (l.merchant_id, l.order_id) = (f.merchant_id, f.order_id)
WHERE l.accepted > l.backordered
ORDER BY l.merchant_id, l.order_id, l.line_no
