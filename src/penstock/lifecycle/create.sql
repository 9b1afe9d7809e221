-- A batch knows few events, so what follows from each is looked up once.
WITH born AS MATERIALIZED (
    SELECT n.merchant_id, n.subject_id, n.event, t.to_status, t.topic,
        CASE WHEN t.waits_for <> 'worker' THEN 'infinity'
             ELSE coalesce(n.due_at, :at::timestamptz) END AS due_at,
        coalesce(greatest(n.due_at, :at::timestamptz) + t.patience, 'infinity') AS deadline_at
    FROM unnest(:merchant_ids::int[], :subject_ids::bigint[], :events::text[],
                :due_at::timestamptz[])
        AS n (merchant_id, subject_id, event, due_at)
    JOIN (
        SELECT t.event, t.to_status, t.kind || '.' || t.event AS topic, s.waits_for, s.patience
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
INSERT INTO outbox.batch (merchant_id, topic, at, subject_ids)
SELECT merchant_id, topic, :at::timestamptz, array_agg(subject_id ORDER BY subject_id)
FROM born
GROUP BY merchant_id, topic
ORDER BY merchant_id, topic
