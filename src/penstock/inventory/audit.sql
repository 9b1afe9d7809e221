WITH total AS (
    SELECT merchant_id, sku_id, from_account, from_holder, to_account, to_holder,
        sum(quantity) AS units
    FROM inventory.move
    GROUP BY merchant_id, sku_id, from_account, from_holder, to_account, to_holder
), balance AS (
    SELECT merchant_id, sku_id, account, holder, sum(units)::bigint AS units
    FROM (SELECT merchant_id, sku_id, to_account AS account, to_holder AS holder, units FROM total
          UNION ALL
          SELECT merchant_id, sku_id, from_account, from_holder, -units FROM total) AS leg
    WHERE account <> 'outside'
    GROUP BY merchant_id, sku_id, account, holder
), counter AS (
    SELECT merchant_id, sku_id, leg.account, node_id AS holder, leg.units
    FROM inventory.node_stock
    CROSS JOIN LATERAL (VALUES ('node_free', on_hand - allocated), ('node_allocated', allocated))
        AS leg (account, units)
    UNION ALL
    SELECT merchant_id, sku_id, leg.account, pool_id, leg.units
    FROM inventory.pool_stock
    CROSS JOIN LATERAL (VALUES ('pool_available', on_hand - reserved), ('pool_reserved', reserved))
        AS leg (account, units)
    UNION ALL
    SELECT merchant_id, sku_id, account, holder, greatest(units, 0)
    FROM balance
    WHERE account IN ('missing', 'scrap')
), held AS (
    SELECT merchant_id, sku_id, pool_id, sum(quantity) AS units
    FROM inventory.reservation
    WHERE quantity > 0
    GROUP BY merchant_id, sku_id, pool_id
), in_pools AS (
    SELECT s.merchant_id, s.sku_id, p.family_id, sum(s.on_hand) AS units
    FROM inventory.pool_stock AS s
    JOIN inventory.pool AS p ON (p.merchant_id, p.pool_id) = (s.merchant_id, s.pool_id)
    GROUP BY s.merchant_id, s.sku_id, p.family_id
), at_nodes AS (
    SELECT s.merchant_id, s.sku_id, coalesce(n.family_id, 0) AS family_id, sum(s.on_hand) AS units
    FROM inventory.node_stock AS s
    LEFT JOIN inventory.pool_node AS n ON (n.merchant_id, n.node_id) = (s.merchant_id, s.node_id)
    GROUP BY s.merchant_id, s.sku_id, coalesce(n.family_id, 0)
), needed AS (
    -- Before allocation an order is its own, only fulfilment order; afterwards its lines are split.
    SELECT f.merchant_id, l.sku_id, f.order_id, sum(l.quantity) AS units
    FROM lifecycle.subjects AS s
    JOIN allocation.fulfilment_orders AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (s.merchant_id, s.subject_id)
    JOIN allocation.fulfilment_lines AS l
        ON (l.merchant_id, l.fulfilment_order_id) = (s.merchant_id, s.subject_id)
    WHERE s.kind = 'fulfilment_order'
        AND s.status NOT IN ('shipped', 'delivered', 'undelivered', 'cancelled')
    GROUP BY f.merchant_id, l.sku_id, f.order_id
    UNION ALL
    SELECT l.merchant_id, l.sku_id, l.order_id, sum(l.accepted - l.backordered)
    FROM lifecycle.subjects AS s
    JOIN orders.lines AS l ON (l.merchant_id, l.order_id) = (s.merchant_id, s.subject_id)
    WHERE s.status IN ('reserved', 'backordered', 'held', 'open')
        AND NOT EXISTS (
            SELECT FROM allocation.fulfilment_orders AS f
            WHERE (f.merchant_id, f.fulfilment_order_id) = (s.merchant_id, s.subject_id))
    GROUP BY l.merchant_id, l.sku_id, l.order_id
), kept AS (
    SELECT f.merchant_id, l.sku_id, f.node_id, sum(l.quantity) AS units
    FROM lifecycle.subjects AS s
    JOIN allocation.fulfilment_orders AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (s.merchant_id, s.subject_id)
    JOIN allocation.fulfilment_lines AS l
        ON (l.merchant_id, l.fulfilment_order_id) = (s.merchant_id, s.subject_id)
    WHERE s.kind = 'fulfilment_order'
        AND s.status IN ('allocated', 'released', 'picked', 'packed')
    GROUP BY f.merchant_id, l.sku_id, f.node_id
), by_order AS (
    SELECT merchant_id, sku_id, order_id, sum(quantity) AS units
    FROM inventory.reservation
    WHERE quantity > 0
    GROUP BY merchant_id, sku_id, order_id
), compared AS (
    SELECT merchant_id, sku_id, account, holder, c.units AS counter, b.units AS ledger
    FROM counter AS c
    FULL JOIN balance AS b USING (merchant_id, sku_id, account, holder)
    UNION ALL
    SELECT merchant_id, sku_id, 'reservations', pool_id, s.reserved, h.units
    FROM inventory.pool_stock AS s
    FULL JOIN held AS h USING (merchant_id, sku_id, pool_id)
    UNION ALL
    SELECT merchant_id, sku_id, 'commitments', node_id, s.allocated, k.units
    FROM inventory.node_stock AS s
    FULL JOIN kept AS k USING (merchant_id, sku_id, node_id)
    UNION ALL
    SELECT merchant_id, sku_id, 'family', family_id, p.units, n.units
    FROM in_pools AS p
    FULL JOIN at_nodes AS n USING (merchant_id, sku_id, family_id)
    UNION ALL
    SELECT merchant_id, sku_id, 'order', order_id, h.units, n.units
    FROM by_order AS h
    FULL JOIN needed AS n USING (merchant_id, sku_id, order_id)
)
SELECT merchant_id, sku_id, account, holder::bigint AS holder,
    coalesce(counter, 0)::bigint AS counter, coalesce(ledger, 0)::bigint AS ledger
FROM compared
WHERE coalesce(counter, 0) <> coalesce(ledger, 0)
ORDER BY merchant_id, sku_id, account, holder
