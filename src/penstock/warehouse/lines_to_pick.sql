SELECT o.batch_id, l.merchant_id, l.sku_id, k.code AS sku, k.title, coalesce(s.bin, '') AS bin,
    l.fulfilment_order_id, l.line_no, l.quantity
FROM warehouse.batch_order AS o
JOIN allocation.fulfilment_lines AS l
    ON (l.merchant_id, l.fulfilment_order_id) = (o.merchant_id, o.fulfilment_order_id)
JOIN merchants.skus AS k ON (k.merchant_id, k.sku_id) = (l.merchant_id, l.sku_id)
LEFT JOIN inventory.node_stocks AS s
    ON (s.merchant_id, s.node_id, s.sku_id) = (l.merchant_id, o.node_id, l.sku_id)
WHERE o.node_id = :node_id::int AND o.batch_id = ANY (:batch_ids::bigint[])
    AND o.picked_at IS NULL AND o.short_at IS NULL
    AND NOT EXISTS (
        SELECT FROM warehouse.pick AS p
        WHERE (p.merchant_id, p.fulfilment_order_id, p.line_no, p.batch_id)
            = (l.merchant_id, l.fulfilment_order_id, l.line_no, o.batch_id))
ORDER BY o.batch_id, l.merchant_id, l.sku_id, l.fulfilment_order_id, l.line_no
