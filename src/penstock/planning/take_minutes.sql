-- The row stays locked until the commit: of two that count at once, the second has nothing to do.
INSERT INTO planning.surge_clock AS c (began_at, counted_from, counted_to)
VALUES (:until::timestamptz - interval '1 minute', :until::timestamptz - interval '1 minute',
        :until::timestamptz)
ON CONFLICT (one) DO UPDATE
SET counted_from = c.counted_to, counted_to = greatest(c.counted_to, excluded.counted_to)
RETURNING began_at, counted_from
