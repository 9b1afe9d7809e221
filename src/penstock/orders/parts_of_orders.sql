-- An order that is not the merchant's answers as one that does not exist.
SELECT :merchant_id::int AS merchant_id, w.order_id,
    coalesce(f.fulfilment_order_id, o.order_id, 0) AS fulfilment_order_id
FROM (SELECT order_id, min(position) AS position
      FROM unnest(:order_ids::bigint[]) WITH ORDINALITY AS w (order_id, position)
      GROUP BY order_id) AS w
LEFT JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (:merchant_id::int, w.order_id)
LEFT JOIN allocation.fulfilment_orders AS f
    ON (f.merchant_id, f.order_id) = (o.merchant_id, o.order_id)
ORDER BY w.position, fulfilment_order_id
