-- A batch knows few events, so what follows from each is looked up once, and each subject looks
-- into it by its place there.
WITH known AS MATERIALIZED (
    SELECT array_agg(t.to_status ORDER BY w.place) AS to_status,
        array_agg(t.kind || '.' || t.event ORDER BY w.place) AS topic,
        array_agg(s.waits_for = 'worker' ORDER BY w.place) AS by_worker,
        array_agg(s.patience ORDER BY w.place) AS patience
    FROM unnest(:events::text[]) WITH ORDINALITY AS w (event, place)
    LEFT JOIN lifecycle.transition AS t
        ON (t.kind, t.from_status, t.event) = (:kind::text, '', w.event)
    LEFT JOIN lifecycle.status AS s ON (s.kind, s.status) = (t.kind, t.to_status)
), born AS MATERIALIZED (
    SELECT (:merchant_ids::int[])[n.alike] AS merchant_id, n.subject_id,
        (:events::text[])[n.alike] AS event, k.to_status[n.alike] AS to_status,
        k.topic[n.alike] AS topic,
        CASE WHEN k.by_worker[n.alike] THEN coalesce(n.due_at, :at::timestamptz)
             ELSE 'infinity' END AS due_at,
        coalesce(greatest(n.due_at, :at::timestamptz) + k.patience[n.alike], 'infinity')
            AS deadline_at
    FROM unnest(:subject_ids::bigint[], :due_at::timestamptz[], :alike::int[])
        AS n (subject_id, due_at, alike), known AS k
    WHERE k.to_status[n.alike] IS NOT NULL
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
