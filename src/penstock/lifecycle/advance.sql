-- Rows are locked in key order; a subject that is wished for twice moves by its first wish only.
WITH wish AS (
    SELECT DISTINCT ON (merchant_id, subject_id) *
    FROM unnest(:merchant_ids::int[], :subject_ids::bigint[], :events::text[],
                :due_at::timestamptz[], :at::timestamptz[])
        WITH ORDINALITY AS w (merchant_id, subject_id, event, due_at, at, position)
    ORDER BY merchant_id, subject_id, position
), subject AS (
    SELECT s.merchant_id, s.subject_id, s.kind, s.status
    FROM lifecycle.subject AS s
    JOIN wish AS w ON (w.merchant_id, w.subject_id) = (s.merchant_id, s.subject_id)
    ORDER BY s.merchant_id, s.subject_id
    FOR UPDATE OF s
), legal AS (
    SELECT w.merchant_id, w.subject_id, w.event, w.at, w.due_at,
        s.kind, s.status AS from_status, t.to_status, n.patience, n.waits_for
    FROM wish AS w
    JOIN subject AS s ON (s.merchant_id, s.subject_id) = (w.merchant_id, w.subject_id)
    JOIN lifecycle.transition AS t
        ON (t.kind, t.from_status, t.event) = (s.kind, s.status, w.event)
    JOIN lifecycle.status AS n ON (n.kind, n.status) = (t.kind, t.to_status)
), moved AS (
    UPDATE lifecycle.subject AS s
    SET status = l.to_status,
        since_at = l.at,
        due_at = CASE WHEN l.waits_for <> 'worker' THEN 'infinity' ELSE coalesce(l.due_at, l.at) END,
        deadline_at = coalesce(greatest(l.due_at, l.at) + l.patience, 'infinity'),
        attempts = 0
    FROM legal AS l
    WHERE (s.merchant_id, s.subject_id) = (l.merchant_id, l.subject_id)
    RETURNING s.merchant_id, s.subject_id
), logged AS (
    INSERT INTO lifecycle.history (merchant_id, subject_id, kind, from_status, event, to_status, at)
    SELECT merchant_id, subject_id, kind, from_status, event, to_status, at
    FROM legal
    ORDER BY merchant_id, subject_id
), announced AS (
    INSERT INTO outbox.event (merchant_id, topic, subject_id, at)
    SELECT merchant_id, kind || '.' || event, subject_id, at
    FROM legal
    ORDER BY merchant_id, subject_id
)
SELECT w.merchant_id, w.subject_id,
    CASE WHEN m.subject_id IS NOT NULL THEN 'advanced'
         WHEN s.subject_id IS NOT NULL THEN 'illegal'
         ELSE 'unknown' END AS outcome,
    coalesce(s.status, '') AS from_status,
    coalesce(l.to_status, s.status, '') AS to_status
FROM wish AS w
LEFT JOIN subject AS s ON (s.merchant_id, s.subject_id) = (w.merchant_id, w.subject_id)
LEFT JOIN legal AS l ON (l.merchant_id, l.subject_id) = (w.merchant_id, w.subject_id)
LEFT JOIN moved AS m ON (m.merchant_id, m.subject_id) = (w.merchant_id, w.subject_id)
ORDER BY w.position
