-- Only what is terminal has no deadline.
WITH forgotten AS (
    DELETE FROM lifecycle.subject AS s
    USING (
        SELECT merchant_id, subject_id
        FROM lifecycle.subject
        WHERE merchant_id = :merchant_id::int
            AND subject_id >= :month::int * 10000000000000
            AND subject_id < (:month::int + 1) * 10000000000000
            AND deadline_at = 'infinity'
        ORDER BY subject_id
        LIMIT :batch::int
    ) AS g
    WHERE (s.merchant_id, s.subject_id) = (g.merchant_id, g.subject_id)
    RETURNING 1
)
SELECT count(*)::int FROM forgotten
