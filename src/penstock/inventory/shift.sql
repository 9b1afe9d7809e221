WITH wish AS (
    SELECT w.*
    FROM unnest(:merchant_ids::int[], :from_pool_ids::int[], :to_pool_ids::int[],
                :sku_ids::bigint[], :quantities::int[])
        WITH ORDINALITY AS w (merchant_id, from_pool_id, to_pool_id, sku_id, quantity, position)
), allowed AS (
    SELECT w.*, sum(w.quantity) OVER (PARTITION BY w.merchant_id, w.from_pool_id, w.sku_id
                                      ORDER BY w.position) - w.quantity AS ahead
    FROM wish AS w
    JOIN inventory.pool AS f ON (f.merchant_id, f.pool_id) = (w.merchant_id, w.from_pool_id)
    JOIN inventory.pool AS t ON (t.merchant_id, t.pool_id) = (w.merchant_id, w.to_pool_id)
    WHERE f.family_id = t.family_id AND f.pool_id <> t.pool_id AND w.quantity > 0
), touched AS MATERIALIZED (
    -- By itself: a row that was waited for is checked again, and PostgreSQL loses it where the list
    -- that it is checked against is a UNION ALL.
    SELECT merchant_id, from_pool_id AS pool_id, sku_id FROM allowed
    UNION ALL
    SELECT merchant_id, to_pool_id, sku_id FROM allowed
), counter AS (
    SELECT s.merchant_id, s.pool_id, s.sku_id, s.on_hand - s.reserved AS available
    FROM inventory.pool_stock AS s
    WHERE (s.merchant_id, s.pool_id, s.sku_id) IN (
        SELECT merchant_id, pool_id, sku_id FROM touched)
    ORDER BY s.merchant_id, s.pool_id, s.sku_id
    FOR UPDATE
), shared AS (
    SELECT a.*, least(a.quantity, c.available - a.ahead)::int AS units
    FROM allowed AS a
    JOIN counter AS c
        ON (c.merchant_id, c.pool_id, c.sku_id) = (a.merchant_id, a.from_pool_id, a.sku_id)
    WHERE c.available > a.ahead
), change AS (
    -- A pool may give and take at once, and a row can be written only once a statement.
    SELECT merchant_id, pool_id, sku_id, sum(units)::int AS units
    FROM (SELECT merchant_id, from_pool_id AS pool_id, sku_id, -units AS units FROM shared
          UNION ALL
          SELECT merchant_id, to_pool_id, sku_id, units FROM shared) AS leg
    GROUP BY merchant_id, pool_id, sku_id
), counted AS (
    UPDATE inventory.pool_stock AS s
    SET on_hand = s.on_hand + c.units
    FROM change AS c
    WHERE (s.merchant_id, s.pool_id, s.sku_id) = (c.merchant_id, c.pool_id, c.sku_id)
), opened AS (
    INSERT INTO inventory.pool_stock AS s (merchant_id, pool_id, sku_id, on_hand)
    SELECT merchant_id, pool_id, sku_id, units
    FROM change
    WHERE (merchant_id, pool_id, sku_id) NOT IN (
        SELECT merchant_id, pool_id, sku_id FROM counter)
    ORDER BY merchant_id, pool_id, sku_id
    ON CONFLICT (merchant_id, pool_id, sku_id) DO UPDATE SET on_hand = s.on_hand + excluded.on_hand
), moved AS (
    INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder,
                                to_account, to_holder, reason, subject_id, at)
    SELECT merchant_id, sku_id, units, 'pool_available', from_pool_id,
        'pool_available', to_pool_id, :reason::text, 0, :at::timestamptz
    FROM shared
    ORDER BY position
)
SELECT coalesce(s.units, 0)::int AS moved
FROM wish AS w
LEFT JOIN shared AS s ON s.position = w.position
ORDER BY w.position
