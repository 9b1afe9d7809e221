UPDATE merchants.action AS a
SET state = 'withdrawn', decided_at = :at::timestamptz, decided_by = 'policy ' || a.policy,
    decided_because = 'the policy has ended'
WHERE a.state = 'proposed'
    AND NOT EXISTS (
        SELECT
        FROM merchants.policy AS p
        WHERE p.code = a.policy AND :today::date BETWEEN p.effective_from AND p.effective_to)
RETURNING a.merchant_id, a.action_id, a.kind, a.state, a.policy, a.band, a.before::text AS before,
    a.wanted::text AS wanted, a.made_id, a.because
