-- The update changes nothing: it locks the row, and waits for a rival that has it.
INSERT INTO returns.delivered_line AS d (merchant_id, fulfilment_order_id, line_no, delivered)
SELECT merchant_id, fulfilment_order_id, line_no, delivered
FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[], :line_nos::int[],
            :delivered::int[]) AS w (merchant_id, fulfilment_order_id, line_no, delivered)
ORDER BY merchant_id, fulfilment_order_id, line_no
ON CONFLICT (merchant_id, fulfilment_order_id, line_no) DO UPDATE SET delivered = d.delivered
RETURNING merchant_id, fulfilment_order_id, line_no, delivered - returned AS units
