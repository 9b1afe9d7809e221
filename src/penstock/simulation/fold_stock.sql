WITH fresh AS (
    SELECT * FROM inventory.moves WHERE move_id > :after::bigint
), legs AS (
    SELECT merchant_id, sku_id, to_account AS account, to_holder AS holder, quantity, move_id
    FROM fresh
    UNION ALL
    SELECT merchant_id, sku_id, from_account, from_holder, -quantity, move_id FROM fresh
)
SELECT merchant_id, sku_id, account, holder, sum(quantity)::bigint AS units,
    max(move_id) AS last_id
FROM legs
GROUP BY merchant_id, sku_id, account, holder
