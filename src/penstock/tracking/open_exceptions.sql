SELECT e.merchant_id, e.subject_id, e.kind, e.status, e.reason, e.fault, e.detail, e.opened_at,
    s.deadline_at
FROM tracking.exception AS e
JOIN lifecycle.subjects AS s USING (merchant_id, subject_id)
WHERE e.closed_at IS NULL
    AND (:merchant_id::int IS NULL OR e.merchant_id = :merchant_id::int)
ORDER BY s.deadline_at, e.merchant_id, e.subject_id
LIMIT :limit::int
