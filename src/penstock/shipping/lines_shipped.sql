SELECT p.merchant_id, p.node_id, c.sku_id, sum(c.quantity)::int AS quantity,
    f.fulfilment_order_id, f.order_id, c.line_no
FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[])
    AS w (merchant_id, fulfilment_order_id)
JOIN allocation.fulfilment_orders AS f USING (merchant_id, fulfilment_order_id)
JOIN warehouse.parcels AS p USING (merchant_id, fulfilment_order_id)
JOIN shipping.label AS l USING (merchant_id, parcel_id)
JOIN warehouse.parcel_lines AS c USING (merchant_id, parcel_id)
WHERE l.handed_over_at IS NOT NULL
GROUP BY p.merchant_id, p.node_id, c.sku_id, f.fulfilment_order_id, f.order_id, c.line_no
ORDER BY p.merchant_id, f.fulfilment_order_id, c.line_no
