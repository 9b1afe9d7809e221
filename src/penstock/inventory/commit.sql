WITH wish AS (
    SELECT *
    FROM unnest(:merchant_ids::int[], :node_ids::int[], :sku_ids::bigint[], :quantities::int[],
                :fulfilment_order_ids::bigint[])
        AS w (merchant_id, node_id, sku_id, quantity, fulfilment_order_id)
), counted AS (
    UPDATE inventory.node_stock AS s
    SET allocated = s.allocated + w.quantity
    FROM (SELECT merchant_id, node_id, sku_id, sum(quantity)::int AS quantity
          FROM wish GROUP BY merchant_id, node_id, sku_id) AS w
    WHERE (s.merchant_id, s.node_id, s.sku_id) = (w.merchant_id, w.node_id, w.sku_id)
    RETURNING s.merchant_id, s.node_id, s.sku_id
), moved AS (
    INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder,
                                to_account, to_holder, reason, subject_id, at)
    SELECT w.merchant_id, w.sku_id, w.quantity, 'node_free', w.node_id,
        'node_allocated', w.node_id, 'commit', w.fulfilment_order_id, :at::timestamptz
    FROM wish AS w
    JOIN counted AS c
        ON (c.merchant_id, c.node_id, c.sku_id) = (w.merchant_id, w.node_id, w.sku_id)
    ORDER BY w.merchant_id, w.fulfilment_order_id, w.sku_id
    RETURNING 1
)
SELECT count(*)::int AS written FROM moved
