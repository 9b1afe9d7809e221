SELECT p.merchant_id, p.fulfilment_order_id, p.line_no, p.node_id, p.sku_id, p.wanted,
    p.wanted - p.picked AS missing
FROM warehouse.pick AS p
JOIN unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[], :batch_ids::bigint[])
    AS s (merchant_id, fulfilment_order_id, batch_id)
    ON (s.merchant_id, s.fulfilment_order_id, s.batch_id)
        = (p.merchant_id, p.fulfilment_order_id, p.batch_id)
WHERE p.picked < p.wanted
ORDER BY p.merchant_id, p.fulfilment_order_id, p.line_no
