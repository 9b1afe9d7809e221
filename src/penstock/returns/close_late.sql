-- Held is what the return may still come to; everything else can never be applied.
UPDATE returns.event AS e
SET outcome = 'too_late'
FROM unnest(:merchant_ids::int[], :return_ids::bigint[]) AS w (merchant_id, return_id)
JOIN lifecycle.subjects AS s ON (s.merchant_id, s.subject_id) = (w.merchant_id, w.return_id)
WHERE (e.merchant_id, e.return_id) = (w.merchant_id, w.return_id)
    AND e.outcome = 'held'
    AND s.status NOT IN ('requested', 'approved')
    AND NOT (e.code = 'graded' AND s.status IN ('announced', 'in_transit'))
