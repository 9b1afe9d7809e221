WITH asked AS (
    SELECT picker, min(position) AS position
    FROM unnest(:pickers::text[]) WITH ORDINALITY AS a (picker, position)
    GROUP BY picker
), held AS (
    SELECT b.batch_id, b.picker, b.style, b.orders, b.ship_by_at, b.started_at
    FROM warehouse.batch AS b
    JOIN asked AS a ON a.picker = b.picker
    WHERE b.node_id = :node_id::int AND b.picked_at IS NULL
), idle AS (
    SELECT picker, row_number() OVER (ORDER BY position) AS turn
    FROM asked
    WHERE picker NOT IN (SELECT picker FROM held)
), locked AS (
    SELECT batch_id, ship_by_at
    FROM warehouse.batch
    WHERE node_id = :node_id::int AND picker IS NULL
    ORDER BY ship_by_at, batch_id
    LIMIT (SELECT count(*) FROM idle)
    FOR UPDATE SKIP LOCKED
), free AS (
    SELECT batch_id, row_number() OVER (ORDER BY ship_by_at, batch_id) AS turn
    FROM locked
), handed AS (
    UPDATE warehouse.batch AS b
    SET picker = i.picker, started_at = :now::timestamptz
    FROM free AS f
    JOIN idle AS i ON i.turn = f.turn
    WHERE b.node_id = :node_id::int AND b.batch_id = f.batch_id
    RETURNING b.batch_id, b.picker, b.style, b.orders, b.ship_by_at, b.started_at
), given AS (
    SELECT * FROM held
    UNION ALL
    SELECT * FROM handed
)
SELECT given.*
FROM given
JOIN asked AS a ON a.picker = given.picker
ORDER BY a.position
