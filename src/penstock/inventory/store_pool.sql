-- A market pool is the head of its own family. A stream's pool is none, and is left alone.
WITH pool AS (
    INSERT INTO inventory.pool (merchant_id, pool_id, code, family_id)
    OVERRIDING SYSTEM VALUE
    SELECT :merchant_id::int, drawn.pool_id, :code::text, drawn.pool_id
    FROM (SELECT nextval(pg_get_serial_sequence('inventory.pool', 'pool_id'))::int AS pool_id)
        AS drawn
    ON CONFLICT (merchant_id, code) DO UPDATE SET code = excluded.code
    WHERE pool.stream_id IS NULL
    RETURNING merchant_id, pool_id, family_id
), backed AS (
    INSERT INTO inventory.pool_node (merchant_id, node_id, family_id)
    SELECT p.merchant_id, n.node_id, p.family_id
    FROM pool AS p, unnest(:node_ids::int[]) AS n (node_id)
    ON CONFLICT (merchant_id, node_id) DO NOTHING
), sold AS (
    INSERT INTO inventory.pool_market (merchant_id, country, pool_id, rank)
    SELECT p.merchant_id, m.country, p.pool_id, m.rank
    FROM pool AS p, unnest(:countries::text[], :ranks::int[]) AS m (country, rank)
    ON CONFLICT (merchant_id, country, pool_id) DO UPDATE SET rank = excluded.rank
)
SELECT pool_id FROM pool
