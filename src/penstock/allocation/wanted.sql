SELECT DISTINCT l.merchant_id, l.sku_id
FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[])
    AS w (merchant_id, fulfilment_order_id)
JOIN allocation.fulfilment_line AS l
    ON (l.merchant_id, l.fulfilment_order_id) = (w.merchant_id, w.fulfilment_order_id)
ORDER BY l.merchant_id, l.sku_id
