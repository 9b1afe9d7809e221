INSERT INTO merchants.action AS a (merchant_id, kind, policy, profile, day, score, band, before,
                                   wanted, because, proposed_at)
SELECT w.merchant_id, :kind::text, :policy::text, :profile::text, w.day, w.score::numeric, w.band,
    w.before::jsonb, w.wanted::jsonb, w.because, :at::timestamptz
FROM unnest(:merchant_ids::int[], :days::date[], :scores::float8[], :bands::text[],
            :before::text[], :wanted::text[], :because::text[])
    AS w (merchant_id, day, score, band, before, wanted, because)
WHERE NOT EXISTS (
    SELECT
    FROM merchants.action AS old
    WHERE old.merchant_id = w.merchant_id
        AND old.policy = :policy::text AND old.kind = :kind::text
        AND (old.state = 'proposed'
             OR old.state = 'rejected' AND old.decided_at > :silent_from::timestamptz
             OR old.state = 'reverted' AND old.reverted_at > :silent_from::timestamptz))
ORDER BY w.merchant_id
RETURNING a.merchant_id, a.action_id, a.kind, a.state, a.policy, a.band, a.before::text AS before,
    a.wanted::text AS wanted, a.made_id, a.because
