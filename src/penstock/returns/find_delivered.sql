-- Each way of naming an order has its own index, so each is a branch of its own.
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
    JOIN orders.orders AS o
        ON (o.merchant_id, o.channel, o.channel_order_id)
            = (w.merchant_id, w.channel, w.channel_order_id)
    WHERE w.order_id = 0 AND w.channel_order_id <> '' AND w.channel <> ''
    UNION ALL
    SELECT w.position, w.merchant_id, o.order_id, w.fulfilment_order_id
    FROM wish AS w
    JOIN orders.orders AS o
        ON (o.merchant_id, o.channel_order_id) = (w.merchant_id, w.channel_order_id)
    WHERE w.order_id = 0 AND w.channel_order_id <> '' AND w.channel = ''
    UNION ALL
    SELECT w.position, w.merchant_id, f.order_id, w.fulfilment_order_id
    FROM wish AS w
    JOIN allocation.fulfilment_orders AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (w.merchant_id, w.fulfilment_order_id)
    WHERE w.order_id = 0 AND w.channel_order_id = ''
)
SELECT (n.position - 1)::int AS position, n.merchant_id, m.code AS merchant, o.order_id,
    f.fulfilment_order_id,
    CASE WHEN s.status = 'delivered' AND f.node_id IS NOT NULL THEN s.since_at END AS delivered_at,
    coalesce(f.node_id, 0) AS node_id, o.country, o.currency, l.line_no, l.sku_id, l.quantity,
    p.unit_price_minor
FROM named AS n
JOIN merchants.merchants AS m ON m.merchant_id = n.merchant_id
JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (n.merchant_id, n.order_id)
JOIN allocation.fulfilment_orders AS f
    ON (f.merchant_id, f.order_id) = (o.merchant_id, o.order_id)
    AND n.fulfilment_order_id IN (0, f.fulfilment_order_id)
JOIN lifecycle.subjects AS s
    ON (s.merchant_id, s.subject_id) = (f.merchant_id, f.fulfilment_order_id)
JOIN allocation.fulfilment_lines AS l
    ON (l.merchant_id, l.fulfilment_order_id) = (f.merchant_id, f.fulfilment_order_id)
JOIN orders.lines AS p
    ON (p.merchant_id, p.order_id, p.line_no) = (o.merchant_id, o.order_id, l.line_no)
ORDER BY n.position, f.fulfilment_order_id, l.line_no
