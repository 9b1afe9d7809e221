UPDATE lifecycle.subject AS s
SET due_at = 'infinity'
FROM unnest(:merchant_ids::int[], :subject_ids::bigint[]) AS p (merchant_id, subject_id)
WHERE (s.merchant_id, s.subject_id) = (p.merchant_id, p.subject_id)
