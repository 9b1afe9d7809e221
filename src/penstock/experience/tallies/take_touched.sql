UPDATE experience.touched AS t
SET from_day = 'infinity', scored_at = :now::timestamptz
FROM (
    SELECT o.merchant_id, o.from_day
    FROM experience.touched AS o
    WHERE o.from_day <= :today::date OR o.scored_at <= :looked_before::timestamptz
    ORDER BY o.merchant_id
    LIMIT :batch::int
    FOR UPDATE SKIP LOCKED
) AS d
WHERE t.merchant_id = d.merchant_id
RETURNING t.merchant_id, d.from_day
