-- Rows are locked in key order. The sets are joined to tables by key and never to each other:
-- the planner does not know how large an array is, and would compare all with all. A batch knows
-- few moves, so what follows from each is looked up once.
WITH subject AS (
    SELECT s.merchant_id, s.subject_id, s.kind, s.status, w.event, w.due_at, w.at
    FROM unnest(:merchant_ids::int[], :subject_ids::bigint[], :events::text[],
                :due_at::timestamptz[], :at::timestamptz[])
        AS w (merchant_id, subject_id, event, due_at, at)
    JOIN lifecycle.subject AS s ON (s.merchant_id, s.subject_id) = (w.merchant_id, w.subject_id)
    ORDER BY s.merchant_id, s.subject_id
    FOR UPDATE OF s
), known AS MATERIALIZED (
    SELECT d.kind, d.status, d.event, t.to_status, n.patience, n.waits_for
    FROM (SELECT DISTINCT kind, status, event FROM subject) AS d
    JOIN lifecycle.transition AS t
        ON (t.kind, t.from_status, t.event) = (d.kind, d.status, d.event)
    JOIN lifecycle.status AS n ON (n.kind, n.status) = (t.kind, t.to_status)
), wish AS (
    SELECT s.*, k.to_status, k.patience, k.waits_for
    FROM subject AS s
    LEFT JOIN known AS k ON (k.kind, k.status, k.event) = (s.kind, s.status, s.event)
), moved AS (
    UPDATE lifecycle.subject AS s
    SET status = w.to_status,
        since_at = w.at,
        due_at = CASE WHEN w.waits_for <> 'worker' THEN 'infinity' ELSE coalesce(w.due_at, w.at) END,
        deadline_at = coalesce(greatest(w.due_at, w.at) + w.patience, 'infinity'),
        attempts = 0
    FROM wish AS w
    WHERE (s.merchant_id, s.subject_id) = (w.merchant_id, w.subject_id)
        AND w.to_status IS NOT NULL
), logged AS (
    INSERT INTO lifecycle.history (merchant_id, subject_id, kind, from_status, event, to_status, at)
    SELECT merchant_id, subject_id, kind, status, event, to_status, at
    FROM wish
    WHERE to_status IS NOT NULL
), announced AS (
    INSERT INTO outbox.batch (merchant_id, topic, at, subject_ids)
    SELECT merchant_id, kind || '.' || event, max(at), array_agg(subject_id ORDER BY subject_id)
    FROM wish
    WHERE to_status IS NOT NULL
    GROUP BY merchant_id, kind, event
    ORDER BY merchant_id, kind, event
)
SELECT merchant_id, subject_id, status AS from_status, to_status FROM wish
