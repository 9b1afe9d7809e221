SELECT i.merchant_id, i.invitation_id, i.secret_sha256, i.audience, i.questionnaire, i.version,
    i.expires_at, i.answered_at, m.title AS merchant
FROM experience.invitation AS i
JOIN merchants.merchants AS m ON m.merchant_id = i.merchant_id
WHERE (i.merchant_id, i.invitation_id) = (:merchant_id::int, :invitation_id::bigint)
