-- A country's own policy comes before the one for all ('*').
WITH covered AS (
    SELECT r.merchant_id, r.return_id, p.policy_id, p.fault, p.window_days, r.reason,
        r.requested_at < (date_trunc('day', r.delivered_at AT TIME ZONE 'UTC')
                          + make_interval(days => p.window_days + 1)) AT TIME ZONE 'UTC' AS in_time,
        (r.requested_at AT TIME ZONE 'UTC')::date - (r.delivered_at AT TIME ZONE 'UTC')::date
            AS days
    FROM unnest(:merchant_ids::int[], :return_ids::bigint[]) AS s (merchant_id, return_id)
    JOIN returns.rma AS r ON (r.merchant_id, r.return_id) = (s.merchant_id, s.return_id)
    CROSS JOIN LATERAL (
        SELECT *
        FROM returns.policy AS p
        WHERE p.reason = r.reason AND p.country IN (r.country, '*')
            AND (r.requested_at AT TIME ZONE 'UTC')::date
                BETWEEN p.effective_from AND p.effective_to
        ORDER BY p.country = '*', p.effective_from DESC
        LIMIT 1
    ) AS p
), judged AS (
    UPDATE returns.rma AS r
    SET policy_id = c.policy_id,
        fault = c.fault,
        decided_because = format('requested %s days after delivery, %s, where %s days are given for %s',
            c.days, CASE WHEN c.in_time THEN 'in time' ELSE 'too late' END, c.window_days,
            replace(c.reason, '_', ' '))
    FROM covered AS c
    WHERE (r.merchant_id, r.return_id) = (c.merchant_id, c.return_id)
    RETURNING r.merchant_id, r.return_id,
        CASE WHEN c.in_time THEN 'approved' ELSE 'rejected' END AS event
)
SELECT merchant_id, return_id, event FROM judged ORDER BY merchant_id, return_id
