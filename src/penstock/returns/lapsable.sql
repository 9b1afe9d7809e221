SELECT merchant_id, subject_id
FROM lifecycle.subjects
WHERE kind = 'return' AND status = 'announced'
    AND deadline_at <= :now::timestamptz AND deadline_at < 'infinity'
ORDER BY deadline_at, merchant_id, subject_id
LIMIT :batch::int
