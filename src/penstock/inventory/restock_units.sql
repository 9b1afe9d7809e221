WITH wish AS (
    SELECT w.merchant_id, w.node_id, w.sku_id, w.return_id, n.family_id,
        sum(w.quantity)::int AS quantity,
        EXISTS (
            SELECT FROM inventory.move AS m
            WHERE (m.merchant_id, m.subject_id) = (w.merchant_id, w.return_id)
                AND m.reason = 'restock' AND m.sku_id = w.sku_id) AS known
    FROM unnest(:merchant_ids::int[], :node_ids::int[], :sku_ids::bigint[], :quantities::int[],
                :return_ids::bigint[])
        AS w (merchant_id, node_id, sku_id, quantity, return_id)
    LEFT JOIN inventory.pool_node AS n ON (n.merchant_id, n.node_id) = (w.merchant_id, w.node_id)
    GROUP BY w.merchant_id, w.node_id, w.sku_id, w.return_id, n.family_id
), back AS (
    SELECT * FROM wish WHERE family_id IS NOT NULL AND NOT known
), at_node AS (
    INSERT INTO inventory.node_stock AS s (merchant_id, node_id, sku_id, on_hand)
    SELECT merchant_id, node_id, sku_id, sum(quantity)::int
    FROM back
    GROUP BY merchant_id, node_id, sku_id
    ORDER BY merchant_id, node_id, sku_id
    ON CONFLICT (merchant_id, node_id, sku_id) DO UPDATE SET on_hand = s.on_hand + excluded.on_hand
), in_pool AS (
    INSERT INTO inventory.pool_stock AS s (merchant_id, pool_id, sku_id, on_hand)
    SELECT merchant_id, family_id, sku_id, sum(quantity)::int
    FROM back
    GROUP BY merchant_id, family_id, sku_id
    ORDER BY merchant_id, family_id, sku_id
    ON CONFLICT (merchant_id, pool_id, sku_id) DO UPDATE SET on_hand = s.on_hand + excluded.on_hand
), moved AS (
    INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder,
                                to_account, to_holder, reason, subject_id, at)
    SELECT b.merchant_id, b.sku_id, b.quantity, 'outside', 0, leg.account, leg.holder,
        'restock', b.return_id, :at::timestamptz
    FROM back AS b
    CROSS JOIN LATERAL (VALUES ('node_free', b.node_id), ('pool_available', b.family_id))
        AS leg (account, holder)
    ORDER BY b.merchant_id, b.return_id, b.sku_id, leg.account
)
SELECT merchant_id, return_id, sku_id,
    CASE WHEN known THEN 'repeated' WHEN family_id IS NULL THEN 'no_pool' ELSE 'restocked' END
        AS outcome
FROM wish
ORDER BY merchant_id, return_id, sku_id
