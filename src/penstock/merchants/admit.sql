-- A raised cap holds from now on; a lowered one never below what was taken already. The least of
-- the caps binds; what is null (no tier, no limit) does not.
-- Numbers are drawn by who has the counter, so that they follow the order of decisions.
WITH merchant AS (
    SELECT m.merchant_id, m.status, m.hold, m.daily_cap, t.daily_cap AS tier_cap,
        (SELECT min(v.daily_cap)
         FROM merchants.volume_limit AS v
         WHERE v.merchant_id = m.merchant_id
             AND v.until_at > :now::timestamptz AND v.from_at <= :now::timestamptz
             AND v.lifted_at IS NULL) AS volume_cap
    FROM merchants.merchant AS m
    LEFT JOIN merchants.tier AS t ON t.merchant_id = m.merchant_id AND t.ended_at = 'infinity'
    WHERE m.merchant_id = :merchant_id::int
), today AS (
    INSERT INTO merchants.day AS d (merchant_id, day, cap)
    SELECT merchant_id, :day::date, least(daily_cap, tier_cap, volume_cap) FROM merchant
    ON CONFLICT (merchant_id, day) DO UPDATE SET cap = greatest(excluded.cap, d.orders)
    RETURNING cap - orders AS orders_left, orders AS taken, handled
), declared AS (
    SELECT DISTINCT ON (node_id) node_id, orders
    FROM merchants.capacity
    WHERE merchant_id = :merchant_id::int
        AND :day::date BETWEEN effective_from AND effective_to
    ORDER BY node_id, effective_from DESC
), by_node AS (
    SELECT jsonb_object_agg(node_id, orders) AS nodes
    FROM declared
    WHERE node_id <> 0 AND orders IS NOT NULL
)
SELECT m.status, t.orders_left, m.hold,
    CASE least(m.daily_cap, m.tier_cap, m.volume_cap)
        WHEN m.daily_cap THEN 'daily_cap' WHEN m.tier_cap THEN 'tier' ELSE 'volume_limit'
    END AS limited_by,
    t.taken,
    (SELECT orders FROM declared WHERE node_id = 0) AS capacity,
    coalesce(b.nodes, '{}')::text AS nodes,
    CASE WHEN b.nodes IS NULL THEN '{}' ELSE (
        SELECT coalesce(jsonb_object_agg(pool_id, behind), '{}')::text
        FROM (SELECT p.pool_id, jsonb_agg(n.node_id ORDER BY n.node_id) AS behind
              FROM inventory.pools AS p
              JOIN inventory.pool_nodes AS n
                  ON (n.merchant_id, n.family_id) = (p.merchant_id, p.family_id)
              WHERE p.merchant_id = :merchant_id::int
              GROUP BY p.pool_id) AS one
    ) END AS pools,
    t.handled::text AS handled,
    (SELECT coalesce(jsonb_agg(p.terms ORDER BY p.origin, p.effective_from DESC, p.code), '[]')
     FROM merchants.policy AS p
     WHERE p.kind IN ('capacity', 'hold', 'reservation', 'merge')
         AND :day::date BETWEEN p.effective_from AND p.effective_to)::text AS policies,
    lifecycle.new_ids(:asking::int, :now::timestamptz) AS order_ids
FROM merchant AS m, today AS t, by_node AS b
