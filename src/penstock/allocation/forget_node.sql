UPDATE allocation.fulfilment_order AS f
SET node_id = NULL, cost_minor = NULL, late_days = NULL, because = '', allocated_at = NULL
FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[])
    AS w (merchant_id, fulfilment_order_id)
WHERE (f.merchant_id, f.fulfilment_order_id) = (w.merchant_id, w.fulfilment_order_id)
