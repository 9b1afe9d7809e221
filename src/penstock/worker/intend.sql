INSERT INTO worker.call AS c (merchant_id, subject_id, step, reference, vendor, worker_id,
                              intended_at, ask_at, request)
SELECT i.merchant_id, i.subject_id, :step::text, i.reference, i.vendor, :worker_id::int,
    :now::timestamptz, :now::timestamptz + interval '1 minute', i.request
FROM unnest(:merchant_ids::int[], :subject_ids::bigint[], :vendors::text[], :references::text[],
            :requests::bytea[]) AS i (merchant_id, subject_id, vendor, reference, request)
ON CONFLICT (merchant_id, subject_id, step) DO UPDATE
SET reference = excluded.reference, vendor = excluded.vendor, worker_id = excluded.worker_id,
    intended_at = excluded.intended_at, ask_at = excluded.ask_at, request = excluded.request,
    attempts = least(c.attempts + 1, 30000), outcome = NULL, settled_at = NULL
