WITH born AS (
    SELECT n.merchant_id, n.subject_id, n.event, n.due_at, n.at, t.kind, t.to_status,
        s.patience, s.waits_for
    FROM unnest(:merchant_ids::int[], :subject_ids::bigint[], :events::text[],
                :due_at::timestamptz[], :at::timestamptz[])
        AS n (merchant_id, subject_id, event, due_at, at)
    JOIN lifecycle.transition AS t
        ON (t.kind, t.from_status, t.event) = (:kind::text, '', n.event)
    JOIN lifecycle.status AS s ON (s.kind, s.status) = (t.kind, t.to_status)
), subject AS (
    INSERT INTO lifecycle.subject
        (merchant_id, subject_id, kind, status, since_at, due_at, deadline_at)
    SELECT merchant_id, subject_id, kind, to_status, at,
        CASE WHEN waits_for <> 'worker' THEN 'infinity' ELSE coalesce(due_at, at) END,
        coalesce(greatest(due_at, at) + patience, 'infinity')
    FROM born
), logged AS (
    INSERT INTO lifecycle.history (merchant_id, subject_id, kind, from_status, event, to_status, at)
    SELECT merchant_id, subject_id, kind, '', event, to_status, at
    FROM born
)
INSERT INTO outbox.event (merchant_id, topic, subject_id, at)
SELECT merchant_id, kind || '.' || event, subject_id, at
FROM born
