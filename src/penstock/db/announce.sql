INSERT INTO outbox.event (merchant_id, topic, subject_id, at, payload)
SELECT merchant_id, :topic::text, subject_id, :at::timestamptz, payload::jsonb
FROM unnest(:merchant_ids::int[], :subject_ids::bigint[], :payloads::text[])
    WITH ORDINALITY AS a (merchant_id, subject_id, payload, position)
ORDER BY position
