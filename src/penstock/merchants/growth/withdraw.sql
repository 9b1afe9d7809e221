UPDATE merchants.action AS a
SET state = 'withdrawn', decided_at = :at::timestamptz, decided_by = 'policy ' || a.policy,
    decided_because = 'the score no longer asks for it'
WHERE a.policy = :policy::text AND a.kind = :kind::text AND a.state = 'proposed'
    AND NOT EXISTS (
        SELECT
        FROM unnest(:merchant_ids::int[], :bands::text[]) AS w (merchant_id, band)
        WHERE (w.merchant_id, w.band) = (a.merchant_id, a.band))
RETURNING a.merchant_id, a.action_id, a.kind, a.state, a.policy, a.band, a.before::text AS before,
    a.wanted::text AS wanted, a.made_id, a.because
