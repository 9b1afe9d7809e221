-- In two parts, because what it costs to plan a join grows with the square and more of its tables.
WITH named AS MATERIALIZED (
    SELECT f.merchant_id, f.fulfilment_order_id, f.order_id, s.status, n.country
    FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[])
        AS w (merchant_id, fulfilment_order_id)
    JOIN allocation.fulfilment_orders AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (w.merchant_id, w.fulfilment_order_id)
    JOIN lifecycle.subjects AS s
        ON (s.merchant_id, s.subject_id) = (f.merchant_id, f.fulfilment_order_id)
    JOIN inventory.nodes AS n ON n.node_id = f.node_id
    WHERE f.node_id = :node_id::int
)
SELECT f.merchant_id, f.fulfilment_order_id, f.status,
    EXISTS (SELECT FROM warehouse.parcel AS p
            WHERE (p.merchant_id, p.fulfilment_order_id)
                = (f.merchant_id, f.fulfilment_order_id)) AS packed,
    f.country AS from_country, o.country AS to_country, l.line_no, l.sku_id, l.quantity,
    k.length_mm, k.width_mm, k.height_mm, k.weight_g
FROM named AS f
JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (f.merchant_id, f.order_id)
JOIN allocation.fulfilment_lines AS l
    ON (l.merchant_id, l.fulfilment_order_id) = (f.merchant_id, f.fulfilment_order_id)
JOIN merchants.skus AS k ON (k.merchant_id, k.sku_id) = (l.merchant_id, l.sku_id)
ORDER BY f.merchant_id, f.fulfilment_order_id, l.line_no
