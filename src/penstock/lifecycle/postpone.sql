-- What was moved in the meantime is in another status, or was given another time, and is left.
WITH put_off AS (
    UPDATE lifecycle.subject AS s
    SET attempts = least(s.attempts + 1, 20),
        due_at = :now::timestamptz
            + least(interval '1 minute' * 2 ^ least(s.attempts, 12), interval '4 hours')
    FROM unnest(:merchant_ids::int[], :subject_ids::bigint[]) AS p (merchant_id, subject_id)
    WHERE (s.merchant_id, s.subject_id) = (p.merchant_id, p.subject_id)
        AND s.status = :status::text
        AND (s.due_at <= :now::timestamptz OR s.due_at = 'infinity')
    RETURNING 1
)
SELECT count(*)::int FROM put_off
