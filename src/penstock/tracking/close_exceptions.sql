WITH moved_on AS (
    UPDATE tracking.exception AS e
    SET closed_at = :now::timestamptz
    FROM lifecycle.subjects AS s
    WHERE e.closed_at IS NULL
        AND (s.merchant_id, s.subject_id) = (e.merchant_id, e.subject_id)
        AND (s.status <> e.status OR s.since_at > e.opened_at)
    RETURNING 1
)
SELECT count(*)::int FROM moved_on
