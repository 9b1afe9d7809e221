-- What ever happened, by topic: an event is either counted as passed on or still waits for it.
WITH happened AS (
    SELECT topic, sum(events) AS events FROM outbox.relays GROUP BY topic
    UNION ALL
    SELECT topic, count(*) FROM outbox.events GROUP BY topic
), ever AS (
    SELECT
        coalesce(sum(h.events) FILTER (WHERE t.receives), 0)::bigint AS received,
        coalesce(sum(h.events) FILTER (WHERE t.arrives), 0)::bigint AS arrived,
        coalesce(sum(h.events) FILTER (WHERE t.moves), 0)::bigint AS moved
    FROM happened AS h
    JOIN unnest(:topics::text[], :receives::bool[], :arrives::bool[], :moves::bool[])
        AS t (topic, receives, arrives, moves) USING (topic)
), before AS (
    SELECT to_at, received_ever, arrived_ever, moved_ever
    FROM worker.pace
    WHERE to_at > :stale_at::timestamptz
    ORDER BY to_at DESC
    LIMIT 1
), spent AS (
    SELECT worker_id, busy_s - counted_s AS busy_s
    FROM worker.worker
    ORDER BY worker_id
    FOR UPDATE
), counted AS (
    UPDATE worker.worker AS w
    SET counted_s = w.counted_s + s.busy_s
    FROM spent AS s
    WHERE w.worker_id = s.worker_id AND w.seen_at >= :now::timestamptz - interval '1 hour'
), gone AS (
    DELETE FROM worker.worker WHERE seen_at < :now::timestamptz - interval '1 hour'
), old AS (
    DELETE FROM worker.pace WHERE to_at < :now::timestamptz - interval '14 days'
), counts AS (
    SELECT coalesce(b.to_at, :now::timestamptz) AS from_at,
        greatest(0, e.received - coalesce(b.received_ever, e.received)) AS received,
        greatest(0, e.arrived - coalesce(b.arrived_ever, e.arrived)) AS arrived,
        greatest(0, e.moved - coalesce(b.moved_ever, e.moved)) AS moved,
        CASE WHEN b.to_at IS NULL THEN 0 ELSE (SELECT coalesce(sum(busy_s), 0) FROM spent) END
            AS busy_s,
        e.received AS received_ever, e.arrived AS arrived_ever, e.moved AS moved_ever
    FROM ever AS e
    LEFT JOIN before AS b ON true
), minute AS (
    SELECT coalesce(sum(moved), 0) AS moved, coalesce(sum(busy_s), 0) AS busy_s
    FROM worker.pace
    WHERE from_at >= :now::timestamptz - interval '1 minute'
        AND to_at > :now::timestamptz - interval '1 minute'
)
INSERT INTO worker.pace (to_at, from_at, received, arrived, moved, busy_s, minute_moved,
                         minute_busy_s, received_ever, arrived_ever, moved_ever)
SELECT :now::timestamptz, c.from_at, c.received, c.arrived, c.moved, c.busy_s,
    m.moved + c.moved, m.busy_s + c.busy_s, c.received_ever, c.arrived_ever, c.moved_ever
FROM counts AS c, minute AS m
ON CONFLICT (to_at) DO NOTHING
