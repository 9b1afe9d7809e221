UPDATE orders.line AS l
SET backordered = l.backordered - w.quantity
FROM unnest(:merchant_ids::int[], :order_ids::bigint[], :line_nos::int[], :quantities::int[])
    AS w (merchant_id, order_id, line_no, quantity)
WHERE (l.merchant_id, l.order_id, l.line_no) = (w.merchant_id, w.order_id, w.line_no)
