WITH taken AS (
    SELECT order_id, (:line_nos::int[])[alike] AS line_no, (:pool_ids::int[])[alike] AS pool_id,
        (:sku_ids::bigint[])[alike] AS sku_id, (:reserved::int[])[alike] AS quantity
    FROM unnest(:line_order_ids::bigint[], :lines_alike::int[]) AS w (order_id, alike)
    WHERE (:reserved::int[])[alike] > 0
), counted AS (
    UPDATE inventory.pool_stock AS s
    SET reserved = s.reserved + t.quantity
    FROM (SELECT pool_id, sku_id, sum(quantity)::int AS quantity
          FROM taken GROUP BY pool_id, sku_id) AS t
    WHERE s.merchant_id = :merchant_id::int
        AND (s.pool_id, s.sku_id) = (t.pool_id, t.sku_id)
)
INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder,
                            to_account, to_holder, reason, subject_id, at)
SELECT :merchant_id::int, sku_id, quantity, 'pool_available', pool_id,
    'pool_reserved', pool_id, 'reserve', order_id, :at::timestamptz
FROM taken
