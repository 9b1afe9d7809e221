WITH wish AS (
    SELECT *, row_number() OVER (PARTITION BY merchant_id ORDER BY position) AS time
    FROM unnest(:merchant_ids::int[], :verdicts::text[], :because::text[], :daily_caps::int[],
                :holds::interval[])
        WITH ORDINALITY AS w (merchant_id, verdict, because, daily_cap, hold, position)
), present AS (
    SELECT m.merchant_id, m.status, m.daily_cap, m.hold, m.decided_because
    FROM merchants.merchant AS m
    WHERE m.merchant_id IN (SELECT merchant_id FROM wish)
    ORDER BY m.merchant_id
    FOR UPDATE
), judged AS (
    SELECT w.*, p.status,
        CASE WHEN p.merchant_id IS NULL THEN 'unknown_merchant'
             WHEN w.time > 1 THEN 'repeated'
             WHEN NOT EXISTS (
                 SELECT
                 FROM unnest(:legal_from::text[], :legal_verdicts::text[]) AS l (status, verdict)
                 WHERE (l.status, l.verdict) = (p.status, w.verdict)
             ) THEN 'not_allowed'
             WHEN p.status = w.verdict AND p.decided_because = w.because
                 AND (w.verdict <> 'approved' OR (p.daily_cap, p.hold) = (w.daily_cap, w.hold))
             THEN 'repeated'
             ELSE 'decided' END AS outcome
    FROM wish AS w
    LEFT JOIN present AS p ON p.merchant_id = w.merchant_id
), stored AS (
    UPDATE merchants.merchant AS m
    SET status = j.verdict,
        decided_because = j.because,
        decided_at = :decided_at::timestamptz,
        approved_at = CASE j.verdict
                      WHEN 'approved' THEN coalesce(m.approved_at, :decided_at::timestamptz)
                      ELSE m.approved_at END,
        daily_cap = CASE j.verdict WHEN 'approved' THEN j.daily_cap ELSE m.daily_cap END,
        hold = CASE j.verdict WHEN 'approved' THEN j.hold ELSE m.hold END
    FROM judged AS j
    WHERE m.merchant_id = j.merchant_id AND j.outcome = 'decided'
    RETURNING m.merchant_id, m.status
)
SELECT j.merchant_id, j.outcome, coalesce(s.status, j.status, '') AS status
FROM judged AS j
LEFT JOIN stored AS s ON s.merchant_id = j.merchant_id
ORDER BY j.position
