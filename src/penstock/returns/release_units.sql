UPDATE returns.delivered_line AS d
SET returned = d.returned - u.quantity
FROM (
    SELECT r.merchant_id, r.fulfilment_order_id, l.line_no, sum(l.quantity)::int AS quantity
    FROM unnest(:merchant_ids::int[], :return_ids::bigint[]) AS s (merchant_id, return_id)
    JOIN returns.rma AS r ON (r.merchant_id, r.return_id) = (s.merchant_id, s.return_id)
    JOIN returns.rma_line AS l ON (l.merchant_id, l.return_id) = (r.merchant_id, r.return_id)
    GROUP BY r.merchant_id, r.fulfilment_order_id, l.line_no
) AS u
WHERE (d.merchant_id, d.fulfilment_order_id, d.line_no)
    = (u.merchant_id, u.fulfilment_order_id, u.line_no)
