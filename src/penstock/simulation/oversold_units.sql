-- From the moves alone, without the counters that receipt looked at: how far below zero what each
-- pool had to sell ever went.
WITH leg AS (
    SELECT merchant_id, to_holder AS pool_id, sku_id, move_id, quantity
    FROM inventory.moves
    WHERE to_account = 'pool_available'
    UNION ALL
    SELECT merchant_id, from_holder, sku_id, move_id, -quantity
    FROM inventory.moves
    WHERE from_account = 'pool_available'
), level AS (
    SELECT merchant_id, pool_id, sku_id,
        sum(quantity) OVER (PARTITION BY merchant_id, pool_id, sku_id
                            ORDER BY move_id ROWS UNBOUNDED PRECEDING) AS units
    FROM leg
), lowest AS (
    SELECT min(units) AS units FROM level GROUP BY merchant_id, pool_id, sku_id
)
SELECT coalesce(sum(greatest(-units, 0)), 0)::int AS oversold FROM lowest
