UPDATE allocation.fulfilment_order AS f
SET node_id = d.node_id, cost_minor = d.freight_minor, late_days = d.late_days,
    because = d.because, allocated_at = :at::timestamptz
FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[], :node_ids::int[],
            :freight_minor::bigint[], :late_days::int[], :because::text[])
    AS d (merchant_id, fulfilment_order_id, node_id, freight_minor, late_days, because)
WHERE (f.merchant_id, f.fulfilment_order_id) = (d.merchant_id, d.fulfilment_order_id)
