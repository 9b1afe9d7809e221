SELECT (w.position - 1)::int AS position, r.return_id, r.body_sha256
FROM unnest(:merchant_ids::int[], :request_keys::text[])
    WITH ORDINALITY AS w (merchant_id, request_key, position)
JOIN returns.rma AS r ON (r.merchant_id, r.request_key) = (w.merchant_id, w.request_key)
