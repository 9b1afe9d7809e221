-- A batch knows few events, so what follows from each is looked up once.
WITH born AS MATERIALIZED (
    SELECT n.merchant_id, n.subject_id, n.event, t.to_status, t.due_at, t.deadline_at, t.topic
    FROM unnest(:merchant_ids::int[], :subject_ids::bigint[], :events::text[])
        AS n (merchant_id, subject_id, event)
    JOIN (
        SELECT t.event, t.to_status, t.kind || '.' || t.event AS topic,
            CASE WHEN s.waits_for <> 'worker' THEN 'infinity'
                 ELSE coalesce(:due_at::timestamptz, :at::timestamptz) END AS due_at,
            coalesce(greatest(:due_at::timestamptz, :at::timestamptz) + s.patience, 'infinity')
                AS deadline_at
        FROM lifecycle.transition AS t
        JOIN lifecycle.status AS s ON (s.kind, s.status) = (t.kind, t.to_status)
        WHERE t.kind = :kind::text AND t.from_status = ''
        OFFSET 0
    ) AS t ON t.event = n.event
), subject AS (
    INSERT INTO lifecycle.subject
        (merchant_id, subject_id, kind, status, since_at, due_at, deadline_at)
    SELECT merchant_id, subject_id, :kind::text, to_status, :at::timestamptz, due_at, deadline_at
    FROM born
), logged AS (
    INSERT INTO lifecycle.history (merchant_id, subject_id, kind, from_status, event, to_status, at)
    SELECT merchant_id, subject_id, :kind::text, '', event, to_status, :at::timestamptz
    FROM born
)
INSERT INTO outbox.event (merchant_id, topic, subject_id, at)
SELECT merchant_id, topic, subject_id, :at::timestamptz
FROM born
