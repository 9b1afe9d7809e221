SELECT merchant_id, subject_id
FROM lifecycle.subject
WHERE kind = :kind::text AND status = :status::text
    AND due_at <= :now::timestamptz AND due_at < 'infinity'
ORDER BY due_at, subject_id
LIMIT :batch::int
FOR UPDATE SKIP LOCKED
