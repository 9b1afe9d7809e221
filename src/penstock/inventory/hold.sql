-- Of lines that hold nothing yet: to be ready for one that does costs half as much again.
INSERT INTO inventory.reservation (merchant_id, order_id, line_no, pool_id, sku_id, quantity)
SELECT :merchant_id::int, order_id, (:line_nos::int[])[alike], (:pool_ids::int[])[alike],
    (:sku_ids::bigint[])[alike], (:reserved::int[])[alike]
FROM unnest(:line_order_ids::bigint[], :lines_alike::int[]) AS w (order_id, alike)
WHERE (:reserved::int[])[alike] > 0
