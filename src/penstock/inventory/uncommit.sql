-- Only fulfilment orders are subjects of moves into and out of 'node_allocated'.
WITH leg AS (
    SELECT m.merchant_id, m.subject_id, m.sku_id,
        CASE m.to_account WHEN 'node_allocated' THEN m.to_holder ELSE m.from_holder END AS node_id,
        CASE m.to_account WHEN 'node_allocated' THEN m.quantity ELSE -m.quantity END AS quantity
    FROM (SELECT DISTINCT *
          FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[])
              AS w (merchant_id, subject_id)) AS w
    JOIN inventory.move AS m ON (m.merchant_id, m.subject_id) = (w.merchant_id, w.subject_id)
    WHERE 'node_allocated' IN (m.from_account, m.to_account)
), held AS (
    SELECT merchant_id, subject_id, node_id, sku_id, sum(quantity)::int AS quantity
    FROM leg
    GROUP BY merchant_id, subject_id, node_id, sku_id
    HAVING sum(quantity) > 0
), counter AS (
    SELECT s.merchant_id, s.node_id, s.sku_id
    FROM inventory.node_stock AS s
    WHERE (s.merchant_id, s.node_id, s.sku_id) IN (SELECT merchant_id, node_id, sku_id FROM held)
    ORDER BY s.merchant_id, s.node_id, s.sku_id
    FOR UPDATE
), counted AS (
    UPDATE inventory.node_stock AS s
    SET allocated = s.allocated - h.quantity
    FROM counter AS c
    JOIN (SELECT merchant_id, node_id, sku_id, sum(quantity)::int AS quantity
          FROM held GROUP BY merchant_id, node_id, sku_id) AS h
        ON (h.merchant_id, h.node_id, h.sku_id) = (c.merchant_id, c.node_id, c.sku_id)
    WHERE (s.merchant_id, s.node_id, s.sku_id) = (c.merchant_id, c.node_id, c.sku_id)
)
INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder,
                            to_account, to_holder, reason, subject_id, at)
SELECT merchant_id, sku_id, quantity, 'node_allocated', node_id,
    'node_free', node_id, 'uncommit', subject_id, :at::timestamptz
FROM held
ORDER BY merchant_id, subject_id, node_id, sku_id
