INSERT INTO orders.cancellation
    (merchant_id, order_id, fulfilment_order_id, reason, fault, at)
SELECT merchant_id, order_id, fulfilment_order_id, :reason::text, :fault::text, :at::timestamptz
FROM unnest(:merchant_ids::int[], :order_ids::bigint[], :fulfilment_order_ids::bigint[])
    AS c (merchant_id, order_id, fulfilment_order_id)
ORDER BY merchant_id, fulfilment_order_id
