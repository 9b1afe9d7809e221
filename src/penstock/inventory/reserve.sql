-- A line may hold units already (a backorder that is filled bit by bit) and then holds more.
WITH taken AS (
    SELECT * FROM unnest(:line_order_ids::bigint[], :line_nos::int[], :pool_ids::int[],
                         :sku_ids::bigint[], :reserved::int[])
        AS t (order_id, line_no, pool_id, sku_id, quantity)
    WHERE quantity > 0
), counted AS (
    UPDATE inventory.pool_stock AS s
    SET reserved = s.reserved + t.quantity
    FROM (SELECT pool_id, sku_id, sum(quantity)::int AS quantity
          FROM taken GROUP BY pool_id, sku_id) AS t
    WHERE s.merchant_id = :merchant_id::int
        AND (s.pool_id, s.sku_id) = (t.pool_id, t.sku_id)
), held AS (
    INSERT INTO inventory.reservation
        (merchant_id, order_id, line_no, pool_id, sku_id, quantity)
    SELECT :merchant_id::int, order_id, line_no, pool_id, sku_id, quantity
    FROM taken
    ON CONFLICT (merchant_id, order_id, line_no)
        DO UPDATE SET quantity = reservation.quantity + excluded.quantity
)
INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder,
                            to_account, to_holder, reason, subject_id, at)
SELECT :merchant_id::int, sku_id, quantity, 'pool_available', pool_id,
    'pool_reserved', pool_id, 'reserve', order_id, :at::timestamptz
FROM taken
