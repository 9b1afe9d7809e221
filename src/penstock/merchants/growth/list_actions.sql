SELECT jsonb_build_object(
    'merchant_id', a.merchant_id, 'merchant', m.code, 'action_id', a.action_id, 'kind', a.kind,
    'state', a.state, 'policy', a.policy, 'profile', a.profile, 'day', a.day, 'score', a.score,
    'band', a.band, 'before', a.before, 'wanted', a.wanted, 'because', a.because,
    'proposed_at', a.proposed_at, 'decided_at', a.decided_at, 'decided_by', a.decided_by,
    'decided_because', a.decided_because, 'reverted_at', a.reverted_at,
    'reverted_by', a.reverted_by, 'reverted_because', a.reverted_because)::text AS shown
FROM merchants.action AS a
JOIN merchants.merchant AS m ON m.merchant_id = a.merchant_id
WHERE (:merchant::int IS NULL OR a.merchant_id = :merchant::int)
    AND (:state::text = '' OR a.state = :state::text)
    AND a.action_id < :before::bigint
ORDER BY a.action_id DESC
LIMIT :batch::int
