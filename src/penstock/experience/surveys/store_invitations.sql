INSERT INTO experience.invitation (merchant_id, secret_sha256, round, audience, fulfilment_order_id,
    questionnaire, version, sent_at, expires_at)
SELECT a.merchant_id, a.secret_sha256, :round::text, :audience::text, a.fulfilment_order_id,
    :questionnaire::text, :version::int, :now::timestamptz, :expires_at::timestamptz
FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[], :secrets_sha256::bytea[])
    WITH ORDINALITY AS a (merchant_id, fulfilment_order_id, secret_sha256, position)
ORDER BY a.position
ON CONFLICT ON CONSTRAINT invited_once DO NOTHING
RETURNING merchant_id, invitation_id, fulfilment_order_id
