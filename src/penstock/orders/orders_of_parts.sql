-- Before allocation an order is its own, only fulfilment order.
SELECT w.merchant_id, coalesce(f.order_id, o.order_id, w.fulfilment_order_id) AS order_id,
    CASE WHEN coalesce(f.order_id, o.order_id) IS NULL THEN 0 ELSE w.fulfilment_order_id END
        AS fulfilment_order_id
FROM (SELECT merchant_id, fulfilment_order_id, min(position) AS position
      FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[])
          WITH ORDINALITY AS w (merchant_id, fulfilment_order_id, position)
      GROUP BY merchant_id, fulfilment_order_id) AS w
LEFT JOIN allocation.fulfilment_orders AS f
    ON (f.merchant_id, f.fulfilment_order_id) = (w.merchant_id, w.fulfilment_order_id)
LEFT JOIN orders.orders AS o
    ON (o.merchant_id, o.order_id) = (w.merchant_id, w.fulfilment_order_id)
ORDER BY w.position
