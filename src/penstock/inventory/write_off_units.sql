-- Rows and pools are laid side by side on one line of units: where a row's stretch overlaps a
-- pool's, the row takes from that pool; what lies past the last pool is given up.
WITH wish AS (
    SELECT w.merchant_id, w.node_id, w.sku_id, w.fulfilment_order_id, n.family_id,
        sum(w.quantity)::int AS quantity
    FROM unnest(:merchant_ids::int[], :node_ids::int[], :sku_ids::bigint[], :quantities::int[],
                :fulfilment_order_ids::bigint[])
        AS w (merchant_id, node_id, sku_id, quantity, fulfilment_order_id)
    JOIN inventory.pool_node AS n ON (n.merchant_id, n.node_id) = (w.merchant_id, w.node_id)
    GROUP BY w.merchant_id, w.node_id, w.sku_id, w.fulfilment_order_id, n.family_id
), node_counter AS (
    SELECT s.merchant_id, s.node_id, s.sku_id
    FROM inventory.node_stock AS s
    WHERE (s.merchant_id, s.node_id, s.sku_id) IN (SELECT merchant_id, node_id, sku_id FROM wish)
    ORDER BY s.merchant_id, s.node_id, s.sku_id
    FOR UPDATE
), pool_counter AS (
    SELECT s.merchant_id, s.pool_id, s.sku_id, p.family_id, s.on_hand - s.reserved AS available
    FROM inventory.pool_stock AS s
    JOIN inventory.pool AS p ON (p.merchant_id, p.pool_id) = (s.merchant_id, s.pool_id)
    WHERE (s.merchant_id, p.family_id, s.sku_id) IN (
            SELECT merchant_id, family_id, sku_id FROM wish)
        AND (SELECT count(*) FROM node_counter) > 0
    ORDER BY s.merchant_id, s.pool_id, s.sku_id
    FOR UPDATE OF s
), supply AS (
    SELECT *, sum(available) OVER (PARTITION BY merchant_id, family_id, sku_id
                                   ORDER BY pool_id <> family_id, pool_id) AS up_to
    FROM pool_counter
), demand AS (
    SELECT *, sum(quantity) OVER (PARTITION BY merchant_id, family_id, sku_id
                                  ORDER BY fulfilment_order_id, node_id) AS up_to
    FROM wish
), from_available AS (
    SELECT d.merchant_id, d.fulfilment_order_id, d.sku_id, s.pool_id,
        (least(d.up_to, s.up_to)
         - greatest(d.up_to - d.quantity, s.up_to - s.available))::int AS quantity
    FROM demand AS d
    JOIN supply AS s
        ON (s.merchant_id, s.family_id, s.sku_id) = (d.merchant_id, d.family_id, d.sku_id)
    WHERE least(d.up_to, s.up_to) > greatest(d.up_to - d.quantity, s.up_to - s.available)
), rest AS (
    SELECT d.merchant_id, d.fulfilment_order_id, d.sku_id, d.quantity,
        (d.quantity - coalesce(sum(a.quantity), 0))::int AS lacking
    FROM demand AS d
    LEFT JOIN from_available AS a
        ON (a.merchant_id, a.fulfilment_order_id, a.sku_id)
            = (d.merchant_id, d.fulfilment_order_id, d.sku_id)
    GROUP BY d.merchant_id, d.fulfilment_order_id, d.sku_id, d.quantity
), held AS (
    SELECT r.merchant_id, r.order_id, r.line_no, r.pool_id, r.sku_id, l.fulfilment_order_id,
        least(l.quantity, r.quantity) AS quantity
    FROM rest
    JOIN allocation.fulfilment_orders AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (rest.merchant_id, rest.fulfilment_order_id)
    JOIN allocation.fulfilment_lines AS l
        ON (l.merchant_id, l.fulfilment_order_id, l.sku_id)
            = (rest.merchant_id, rest.fulfilment_order_id, rest.sku_id)
    JOIN inventory.reservation AS r
        ON (r.merchant_id, r.order_id, r.line_no) = (f.merchant_id, f.order_id, l.line_no)
    WHERE rest.lacking > 0
    ORDER BY r.merchant_id, r.order_id, r.line_no
    FOR UPDATE OF r
), given_up AS (
    SELECT *
    FROM (SELECT h.*,
              least(h.quantity, rest.lacking + h.quantity - sum(h.quantity) OVER (
                  PARTITION BY h.merchant_id, h.fulfilment_order_id, h.sku_id
                  ORDER BY h.line_no))::int AS units
          FROM held AS h
          JOIN rest
              ON (rest.merchant_id, rest.fulfilment_order_id, rest.sku_id)
                  = (h.merchant_id, h.fulfilment_order_id, h.sku_id)) AS h
    WHERE units > 0
), left_node AS (
    UPDATE inventory.node_stock AS s
    SET on_hand = s.on_hand - w.quantity, allocated = s.allocated - w.quantity
    FROM (SELECT merchant_id, node_id, sku_id, sum(quantity)::int AS quantity
          FROM wish GROUP BY merchant_id, node_id, sku_id) AS w
    WHERE (s.merchant_id, s.node_id, s.sku_id) = (w.merchant_id, w.node_id, w.sku_id)
), left_pool AS (
    UPDATE inventory.pool_stock AS s
    SET on_hand = s.on_hand - t.available - t.reserved, reserved = s.reserved - t.reserved
    FROM (SELECT merchant_id, pool_id, sku_id, sum(available)::int AS available,
              sum(reserved)::int AS reserved
          FROM (SELECT merchant_id, pool_id, sku_id, quantity AS available, 0 AS reserved
                FROM from_available
                UNION ALL
                SELECT merchant_id, pool_id, sku_id, 0, units FROM given_up) AS taken
          GROUP BY merchant_id, pool_id, sku_id) AS t
    WHERE (s.merchant_id, s.pool_id, s.sku_id) = (t.merchant_id, t.pool_id, t.sku_id)
), lowered AS (
    UPDATE inventory.reservation AS r
    SET quantity = r.quantity - g.units
    FROM (SELECT merchant_id, order_id, line_no, sum(units)::int AS units
          FROM given_up GROUP BY merchant_id, order_id, line_no) AS g
    WHERE (r.merchant_id, r.order_id, r.line_no) = (g.merchant_id, g.order_id, g.line_no)
), moved AS (
    INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder,
                                to_account, to_holder, reason, subject_id, at)
    SELECT merchant_id, sku_id, quantity, account, holder, 'missing', 0, 'write_off',
        fulfilment_order_id, :at::timestamptz
    FROM (SELECT merchant_id, sku_id, quantity, 'node_allocated' AS account, node_id AS holder,
              fulfilment_order_id
          FROM wish
          UNION ALL
          SELECT merchant_id, sku_id, quantity, 'pool_available', pool_id, fulfilment_order_id
          FROM from_available
          UNION ALL
          SELECT merchant_id, sku_id, units, 'pool_reserved', pool_id, fulfilment_order_id
          FROM given_up) AS leg
    ORDER BY merchant_id, fulfilment_order_id, sku_id, account, holder
)
SELECT r.merchant_id, r.fulfilment_order_id, r.sku_id, r.quantity,
    coalesce(g.units, 0)::int AS given_up, (r.lacking - coalesce(g.units, 0))::int AS uncovered
FROM rest AS r
LEFT JOIN (SELECT merchant_id, fulfilment_order_id, sku_id, sum(units) AS units
           FROM given_up GROUP BY merchant_id, fulfilment_order_id, sku_id) AS g
    ON (g.merchant_id, g.fulfilment_order_id, g.sku_id)
        = (r.merchant_id, r.fulfilment_order_id, r.sku_id)
ORDER BY r.merchant_id, r.fulfilment_order_id, r.sku_id
