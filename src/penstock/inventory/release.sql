WITH wish AS (
    SELECT merchant_id, order_id, line_no, sum(quantity)::int AS quantity
    FROM unnest(:merchant_ids::int[], :order_ids::bigint[], :line_nos::int[], :quantities::int[])
        AS w (merchant_id, order_id, line_no, quantity)
    GROUP BY merchant_id, order_id, line_no
), counter AS (
    SELECT s.merchant_id, s.pool_id, s.sku_id
    FROM inventory.pool_stock AS s
    WHERE (s.merchant_id, s.pool_id, s.sku_id) IN (
        SELECT r.merchant_id, r.pool_id, r.sku_id
        FROM wish AS w
        JOIN inventory.reservation AS r
            ON (r.merchant_id, r.order_id, r.line_no) = (w.merchant_id, w.order_id, w.line_no))
    ORDER BY s.merchant_id, s.pool_id, s.sku_id
    FOR UPDATE
), held AS (
    SELECT r.merchant_id, r.order_id, r.line_no, r.pool_id, r.sku_id,
        greatest(least(w.quantity, r.quantity), 0) AS quantity
    FROM wish AS w
    JOIN inventory.reservation AS r
        ON (r.merchant_id, r.order_id, r.line_no) = (w.merchant_id, w.order_id, w.line_no)
    WHERE (SELECT count(*) FROM counter) > 0
    ORDER BY r.merchant_id, r.order_id, r.line_no
    FOR UPDATE OF r
), lowered AS (
    UPDATE inventory.reservation AS r
    SET quantity = r.quantity - h.quantity
    FROM held AS h
    WHERE (r.merchant_id, r.order_id, r.line_no) = (h.merchant_id, h.order_id, h.line_no)
        AND h.quantity > 0
), counted AS (
    UPDATE inventory.pool_stock AS s
    SET reserved = s.reserved - h.quantity
    FROM (SELECT merchant_id, pool_id, sku_id, sum(quantity)::int AS quantity
          FROM held GROUP BY merchant_id, pool_id, sku_id) AS h
    WHERE (s.merchant_id, s.pool_id, s.sku_id) = (h.merchant_id, h.pool_id, h.sku_id)
        AND h.quantity > 0
), moved AS (
    INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder,
                                to_account, to_holder, reason, subject_id, at)
    SELECT merchant_id, sku_id, quantity, 'pool_reserved', pool_id,
        'pool_available', pool_id, 'release', order_id, :at::timestamptz
    FROM held
    WHERE quantity > 0
    ORDER BY merchant_id, order_id, line_no
)
SELECT merchant_id, order_id, line_no, quantity
FROM held
ORDER BY merchant_id, order_id, line_no
