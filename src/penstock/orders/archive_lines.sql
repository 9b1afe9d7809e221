SELECT l.merchant_id, l.order_id, l.line_no, l.sku_id, k.code AS sku, l.pool_id, l.quantity,
    l.accepted, l.backordered, l.unit_price_minor
FROM (
    SELECT *
    FROM orders.line
    WHERE order_id >= :month::int * 10000000000000 AND order_id < (:month::int + 1) * 10000000000000
        AND (merchant_id, order_id, line_no)
            > (:merchant_id::int, :order_id::bigint, :line_no::int)
    ORDER BY merchant_id, order_id, line_no
    LIMIT :batch::int
) AS l
LEFT JOIN merchants.skus AS k ON (k.merchant_id, k.sku_id) = (l.merchant_id, l.sku_id)
ORDER BY l.merchant_id, l.order_id, l.line_no
