UPDATE worker.call AS c
SET ask_at = :ask_at::timestamptz
FROM unnest(:merchant_ids::int[], :subject_ids::bigint[]) AS s (merchant_id, subject_id)
WHERE (c.merchant_id, c.subject_id, c.step) = (s.merchant_id, s.subject_id, :step::text)
