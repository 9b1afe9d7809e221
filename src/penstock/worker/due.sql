-- Whether anything is due, not how much: the index answers each of these with one row.
SELECT w.step
FROM unnest(:steps::text[], :kinds::text[], :statuses::text[]) AS w (step, kind, status)
CROSS JOIN LATERAL (
    SELECT s.due_at
    FROM lifecycle.subjects AS s
    WHERE s.kind = w.kind AND s.status = w.status
        AND s.due_at <= :now::timestamptz AND s.due_at < 'infinity'
    ORDER BY s.due_at, s.subject_id
    LIMIT 1
) AS first_due
UNION
SELECT t.step
FROM unnest(:timed::text[]) AS t (step)
LEFT JOIN worker.schedule AS s USING (step)
WHERE s.step IS NULL OR s.next_at <= :now::timestamptz
UNION
SELECT step FROM worker.call WHERE outcome IS NULL AND intended_at <= :now::timestamptz
