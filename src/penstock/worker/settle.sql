UPDATE worker.call AS c
SET outcome = s.outcome, settled_at = :now::timestamptz
FROM unnest(:merchant_ids::int[], :subject_ids::bigint[], :outcomes::text[])
    AS s (merchant_id, subject_id, outcome)
WHERE (c.merchant_id, c.subject_id, c.step) = (s.merchant_id, s.subject_id, :step::text)
