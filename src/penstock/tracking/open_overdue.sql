-- Where a carrier has said whose fault it is, that goes before what the status makes us presume.
WITH known AS (
    SELECT * FROM unnest(:kinds::text[], :statuses::text[], :reasons::text[], :faults::text[])
        AS k (kind, status, reason, fault)
), overdue AS (
    SELECT s.merchant_id, s.subject_id, s.kind, s.status, s.since_at
    FROM lifecycle.subjects AS s
    WHERE s.deadline_at < :now::timestamptz AND s.deadline_at < 'infinity'
        AND NOT EXISTS (SELECT FROM tracking.exception AS e
                        WHERE (e.merchant_id, e.subject_id) = (s.merchant_id, s.subject_id)
                            AND e.closed_at IS NULL)
    ORDER BY s.deadline_at, s.merchant_id, s.subject_id
    LIMIT :limit::int
), opened AS (
    INSERT INTO tracking.exception (merchant_id, subject_id, kind, status, reason, fault, detail,
                                    opened_at)
    SELECT o.merchant_id, o.subject_id, o.kind, o.status,
        coalesce(k.reason, 'overdue'), coalesce(told.fault, k.fault, ''), coalesce(told.reason, ''),
        :now::timestamptz
    FROM overdue AS o
    LEFT JOIN known AS k USING (kind, status)
    LEFT JOIN LATERAL (
        SELECT e.fault, e.reason
        FROM tracking.event AS e
        WHERE (e.merchant_id, e.parcel_id) = (o.merchant_id, o.subject_id)
            AND e.occurred_at >= o.since_at AND e.fault <> ''
        ORDER BY e.occurred_at DESC, e.event_id
        LIMIT 1
    ) AS told ON o.kind = 'parcel'
    ORDER BY o.merchant_id, o.subject_id
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*)::int FROM opened
