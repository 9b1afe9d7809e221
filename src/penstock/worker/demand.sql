-- Rates are the highest of the last minute's counts, 5 s each: what has just begun is not averaged
-- away. A worker's best pace is that of the 30 minutes in which most was moved: then workers had
-- enough to do, and batches their proper size. A minute, because what a long call moves is counted
-- when it ends, and its time while it lasts.
WITH counts AS (
    SELECT received, arrived, busy_s, extract(epoch FROM to_at - from_at)::float8 AS span_s
    FROM worker.pace
    WHERE to_at > :now::timestamptz - interval '1 minute' AND to_at <= :now::timestamptz
), recent AS (
    SELECT
        coalesce(max(received / nullif(span_s, 0)), 0) AS received_per_s,
        coalesce(max(arrived / nullif(span_s, 0)), 0) AS arrived_per_s,
        coalesce(sum(busy_s), 0) AS busy_s,
        coalesce(sum(span_s), 0) AS span_s
    FROM counts
), first AS (
    SELECT received_ever, moved_ever
    FROM worker.pace
    WHERE to_at > :now::timestamptz - interval '1 day' AND to_at <= :now::timestamptz
    ORDER BY to_at
    LIMIT 1
), last AS (
    SELECT received_ever, moved_ever
    FROM worker.pace
    WHERE to_at <= :now::timestamptz
    ORDER BY to_at DESC
    LIMIT 1
), day AS (
    SELECT coalesce(max(l.received_ever - f.received_ever), 0)::int AS received,
        coalesce(max(l.moved_ever - f.moved_ever), 0)::int AS moved
    FROM first AS f, last AS l
), best AS (
    SELECT coalesce(sum(minute_moved), 0)::int AS moved, coalesce(sum(minute_busy_s), 0) AS busy_s
    FROM (
        SELECT minute_moved, minute_busy_s
        FROM worker.pace
        WHERE minute_moved > 0
        ORDER BY minute_moved DESC, to_at
        LIMIT 30
    ) AS most
)
SELECT
    (SELECT count(*) FROM worker.worker WHERE seen_at > :alive_since::timestamptz)::int AS workers,
    recent.received_per_s, recent.arrived_per_s, recent.busy_s, recent.span_s,
    day.received AS day_received, day.moved AS day_moved,
    best.moved AS best_moved, best.busy_s AS best_busy_s
FROM recent, day, best
