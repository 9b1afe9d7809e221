-- A backorder that is filled bit by bit holds units already.
INSERT INTO inventory.reservation (merchant_id, order_id, line_no, pool_id, sku_id, quantity)
SELECT :merchant_id::int, order_id, (:line_nos::int[])[alike], (:pool_ids::int[])[alike],
    (:sku_ids::bigint[])[alike], (:reserved::int[])[alike]
FROM unnest(:line_order_ids::bigint[], :lines_alike::int[]) AS w (order_id, alike)
WHERE (:reserved::int[])[alike] > 0
ON CONFLICT (merchant_id, order_id, line_no)
    DO UPDATE SET quantity = reservation.quantity + excluded.quantity
