-- Counters are locked in key order, nodes before pools before reservations, as everywhere.
WITH line AS (
    SELECT w.*, r.pool_id
    FROM unnest(:merchant_ids::int[], :node_ids::int[], :sku_ids::bigint[], :quantities::int[],
                :fulfilment_order_ids::bigint[], :order_ids::bigint[], :line_nos::int[])
        AS w (merchant_id, node_id, sku_id, quantity, fulfilment_order_id, order_id, line_no)
    JOIN inventory.reservation AS r
        ON (r.merchant_id, r.order_id, r.line_no) = (w.merchant_id, w.order_id, w.line_no)
), from_node AS (
    SELECT merchant_id, node_id, sku_id, sum(quantity)::int AS quantity
    FROM line GROUP BY merchant_id, node_id, sku_id
), from_pool AS (
    SELECT merchant_id, pool_id, sku_id, sum(quantity)::int AS quantity
    FROM line GROUP BY merchant_id, pool_id, sku_id
), node_counter AS (
    SELECT s.merchant_id, s.node_id, s.sku_id, f.quantity
    FROM inventory.node_stock AS s
    JOIN from_node AS f
        ON (f.merchant_id, f.node_id, f.sku_id) = (s.merchant_id, s.node_id, s.sku_id)
    ORDER BY s.merchant_id, s.node_id, s.sku_id
    FOR UPDATE OF s
), pool_counter AS (
    SELECT s.merchant_id, s.pool_id, s.sku_id, f.quantity
    FROM inventory.pool_stock AS s
    JOIN from_pool AS f
        ON (f.merchant_id, f.pool_id, f.sku_id) = (s.merchant_id, s.pool_id, s.sku_id)
    WHERE (SELECT count(*) FROM node_counter) > 0
    ORDER BY s.merchant_id, s.pool_id, s.sku_id
    FOR UPDATE OF s
), left_node AS (
    UPDATE inventory.node_stock AS s
    SET on_hand = s.on_hand - c.quantity, allocated = s.allocated - c.quantity
    FROM node_counter AS c
    WHERE (s.merchant_id, s.node_id, s.sku_id) = (c.merchant_id, c.node_id, c.sku_id)
    RETURNING s.merchant_id, s.node_id, s.sku_id
), left_pool AS (
    UPDATE inventory.pool_stock AS s
    SET on_hand = s.on_hand - c.quantity, reserved = s.reserved - c.quantity
    FROM pool_counter AS c
    WHERE (s.merchant_id, s.pool_id, s.sku_id) = (c.merchant_id, c.pool_id, c.sku_id)
), lowered AS (
    UPDATE inventory.reservation AS r
    SET quantity = r.quantity - l.quantity
    FROM (SELECT merchant_id, order_id, line_no, sum(quantity)::int AS quantity
          FROM line GROUP BY merchant_id, order_id, line_no) AS l
    WHERE (r.merchant_id, r.order_id, r.line_no) = (l.merchant_id, l.order_id, l.line_no)
        AND (SELECT count(*) FROM pool_counter) > 0
), moved AS (
    INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder,
                                to_account, to_holder, reason, subject_id, at)
    SELECT l.merchant_id, l.sku_id, l.quantity, leg.account, leg.holder, 'outside', 0, 'ship',
        leg.subject_id, :at::timestamptz
    FROM line AS l
    JOIN left_node AS n
        ON (n.merchant_id, n.node_id, n.sku_id) = (l.merchant_id, l.node_id, l.sku_id)
    CROSS JOIN LATERAL (
        VALUES ('node_allocated', l.node_id, l.fulfilment_order_id),
               ('pool_reserved', l.pool_id, l.order_id)
    ) AS leg (account, holder, subject_id)
    ORDER BY l.merchant_id, l.fulfilment_order_id, l.line_no, leg.account
    RETURNING 1
)
SELECT count(*)::int AS written FROM moved
