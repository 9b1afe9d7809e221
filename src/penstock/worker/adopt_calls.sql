WITH living AS (
    SELECT objid::int AS worker_id
    FROM pg_locks
    WHERE locktype = 'advisory' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND classid = :lock_class::int::oid
), orphaned AS (
    SELECT merchant_id, subject_id
    FROM worker.call
    WHERE step = :step::text AND outcome IS NULL
        AND CASE WHEN worker_id = :worker_id::int THEN ask_at <= :now::timestamptz
                 ELSE worker_id NOT IN (SELECT worker_id FROM living) END
    ORDER BY intended_at, subject_id
    LIMIT :batch::int
    FOR UPDATE SKIP LOCKED
)
UPDATE worker.call AS c
SET worker_id = :worker_id::int, ask_at = :now::timestamptz + interval '1 minute',
    attempts = least(attempts + 1, 30000)
FROM orphaned AS o
WHERE c.step = :step::text AND (c.merchant_id, c.subject_id) = (o.merchant_id, o.subject_id)
RETURNING c.merchant_id, c.subject_id, c.vendor, c.reference, c.request
