-- Each way of naming an order has its own index, so each is a branch of its own. Every step is
-- fenced by OFFSET 0: all tables share merchant_id, and a planner that knows no better pairs all
-- lines of a merchant before it looks at whose they are.
WITH wish AS (
    SELECT *
    FROM unnest(:merchant_ids::int[], :order_ids::bigint[], :channels::text[],
                :channel_order_ids::text[], :fulfilment_order_ids::bigint[])
        WITH ORDINALITY
        AS w (merchant_id, order_id, channel, channel_order_id, fulfilment_order_id, position)
), named AS (
    SELECT position, merchant_id, order_id, fulfilment_order_id FROM wish WHERE order_id <> 0
    UNION ALL
    SELECT w.position, w.merchant_id, o.order_id, w.fulfilment_order_id
    FROM wish AS w
    CROSS JOIN LATERAL (
        SELECT order_id
        FROM orders.keys
        WHERE (merchant_id, channel, channel_order_id)
            = (w.merchant_id, w.channel, w.channel_order_id)
        OFFSET 0
    ) AS o
    WHERE w.order_id = 0 AND w.channel_order_id <> '' AND w.channel <> ''
    UNION ALL
    SELECT w.position, w.merchant_id, o.order_id, w.fulfilment_order_id
    FROM wish AS w
    CROSS JOIN LATERAL (
        SELECT order_id
        FROM orders.keys
        WHERE (merchant_id, channel_order_id) = (w.merchant_id, w.channel_order_id)
        OFFSET 0
    ) AS o
    WHERE w.order_id = 0 AND w.channel_order_id <> '' AND w.channel = ''
    UNION ALL
    SELECT w.position, w.merchant_id, f.order_id, w.fulfilment_order_id
    FROM wish AS w
    CROSS JOIN LATERAL (
        SELECT order_id
        FROM allocation.fulfilment_orders
        WHERE (merchant_id, fulfilment_order_id) = (w.merchant_id, w.fulfilment_order_id)
        OFFSET 0
    ) AS f
    WHERE w.order_id = 0 AND w.channel_order_id = ''
)
SELECT (n.position - 1)::int AS position, n.merchant_id, o.merchant, n.order_id,
    f.fulfilment_order_id, f.delivered_at, coalesce(f.node_id, 0) AS node_id, o.country,
    o.currency, l.line_no, l.sku_id, l.quantity, l.unit_price_minor
FROM named AS n
CROSS JOIN LATERAL (
    SELECT m.code AS merchant, o.country, o.currency
    FROM orders.orders AS o
    JOIN merchants.merchants AS m ON m.merchant_id = o.merchant_id
    WHERE (o.merchant_id, o.order_id) = (n.merchant_id, n.order_id)
    OFFSET 0
) AS o
CROSS JOIN LATERAL (
    SELECT f.fulfilment_order_id, f.node_id,
        CASE WHEN s.status = 'delivered' AND f.node_id IS NOT NULL THEN s.since_at END
            AS delivered_at
    FROM allocation.fulfilment_orders AS f
    JOIN lifecycle.subjects AS s
        ON (s.merchant_id, s.subject_id) = (n.merchant_id, f.fulfilment_order_id)
    WHERE (f.merchant_id, f.order_id) = (n.merchant_id, n.order_id)
        AND n.fulfilment_order_id IN (0, f.fulfilment_order_id)
    OFFSET 0
) AS f
CROSS JOIN LATERAL (
    SELECT l.line_no, l.sku_id, l.quantity, p.unit_price_minor
    FROM allocation.fulfilment_lines AS l
    JOIN orders.lines AS p
        ON (p.merchant_id, p.order_id, p.line_no) = (n.merchant_id, n.order_id, l.line_no)
    WHERE (l.merchant_id, l.fulfilment_order_id) = (n.merchant_id, f.fulfilment_order_id)
    OFFSET 0
) AS l
ORDER BY n.position, f.fulfilment_order_id, l.line_no
