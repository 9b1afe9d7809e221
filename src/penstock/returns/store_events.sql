WITH told AS (
    SELECT t.position, t.event_id, t.code, t.grades::jsonb AS grades, t.occurred_at,
        r.merchant_id, r.return_id
    FROM unnest(:event_ids::text[], :references::text[], :codes::text[], :grades::text[],
                :occurred_at::timestamptz[])
        WITH ORDINALITY AS t (event_id, reference, code, grades, occurred_at, position)
    JOIN returns.rma AS r ON (r.vendor, r.reference) = (:vendor::text, t.reference)
), kept AS (
    INSERT INTO returns.event (vendor, event_id, merchant_id, return_id, code, grades,
                               occurred_at, received_at)
    SELECT DISTINCT ON (t.event_id) :vendor::text, t.event_id, t.merchant_id, t.return_id, t.code,
        t.grades, t.occurred_at, :received_at::timestamptz
    FROM told AS t
    WHERE t.code <> 'graded' OR t.grades ? '*' OR NOT EXISTS (
        SELECT
        FROM returns.rma_line AS l
        WHERE (l.merchant_id, l.return_id) = (t.merchant_id, t.return_id)
            AND NOT t.grades ? l.line_no::text
    )
    ORDER BY t.event_id, t.position
    ON CONFLICT (vendor, event_id) DO NOTHING
    RETURNING event_id
)
SELECT (t.position - 1)::int AS position, t.merchant_id, t.return_id,
    e.event_id IS NULL
        AND t.position = min(t.position) OVER (PARTITION BY t.event_id) AS fresh
FROM told AS t
LEFT JOIN returns.event AS e ON (e.vendor, e.event_id) = (:vendor::text, t.event_id)
ORDER BY t.position
