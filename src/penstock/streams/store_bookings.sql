WITH wish AS (
    SELECT w.*
    FROM unnest(:node_ids::int[], :wanted::int[])
        WITH ORDINALITY AS w (node_id, wanted, position)
), stored AS (
    INSERT INTO streams.booking (merchant_id, stream_id, node_id, wanted, booked)
    SELECT :merchant_id::int, :stream_id::bigint, w.node_id, w.wanted,
        greatest(0, least(w.wanted, n.orders_per_hour - (
            SELECT coalesce(sum(b.booked), 0)
            FROM streams.booking AS b
            JOIN streams.stream AS s
                ON (s.merchant_id, s.stream_id) = (b.merchant_id, b.stream_id)
            WHERE b.node_id = w.node_id
                AND (b.merchant_id, b.stream_id) <> (:merchant_id::int, :stream_id::bigint)
                AND s.state <> 'closed'
                AND s.starts_at < :ends_at::timestamptz AND s.ends_at > :starts_at::timestamptz)))
    FROM wish AS w
    JOIN inventory.nodes AS n ON n.node_id = w.node_id
    ON CONFLICT (merchant_id, stream_id, node_id) DO UPDATE
    SET wanted = excluded.wanted, booked = excluded.booked
    RETURNING node_id, wanted, booked
)
SELECT s.node_id, s.wanted, s.booked
FROM stored AS s
JOIN wish AS w ON w.node_id = s.node_id
ORDER BY w.position
