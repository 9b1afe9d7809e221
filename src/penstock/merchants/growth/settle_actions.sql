-- `made_id` stays where none is given; an act is reverted by whoever reverts it, decided once.
UPDATE merchants.action AS a
SET state = :state::text,
    made_id = coalesce(w.made_id, a.made_id),
    decided_at = CASE :state::text WHEN 'reverted' THEN a.decided_at ELSE :at::timestamptz END,
    decided_by = CASE :state::text WHEN 'reverted' THEN a.decided_by ELSE w.by END,
    decided_because = CASE :state::text WHEN 'reverted' THEN a.decided_because ELSE w.because END,
    reverted_at = CASE :state::text WHEN 'reverted' THEN :at::timestamptz END,
    reverted_by = CASE :state::text WHEN 'reverted' THEN w.by ELSE '' END,
    reverted_because = CASE :state::text WHEN 'reverted' THEN w.because ELSE '' END
FROM unnest(:merchant_ids::int[], :action_ids::bigint[], :made_ids::bigint[], :by::text[],
            :because::text[])
    AS w (merchant_id, action_id, made_id, by, because)
WHERE (a.merchant_id, a.action_id) = (w.merchant_id, w.action_id)
RETURNING a.merchant_id, a.action_id, a.kind, a.state, a.policy, a.band, a.before::text AS before,
    a.wanted::text AS wanted, a.made_id, a.because
