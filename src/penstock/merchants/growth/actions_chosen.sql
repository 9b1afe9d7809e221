-- The acts of locked merchants; whether what each began from is still in force, and whether what it
-- made is: the same in force, and no act of its kind since that stands.
SELECT a.merchant_id, a.action_id, a.kind, a.state, a.policy, a.band, a.before::text AS before,
    a.wanted::text AS wanted, a.made_id, a.because,
    p.present IS NOT DISTINCT FROM a.before AS as_before,
    CASE a.kind
        WHEN 'volume_limit' THEN p.present IS NOT DISTINCT FROM to_jsonb(a.made_id)
        ELSE p.present IS NOT DISTINCT FROM a.wanted
    END AND NOT EXISTS (
        SELECT
        FROM merchants.action AS later
        WHERE later.merchant_id = a.merchant_id AND later.kind = a.kind
            AND later.kind <> 'volume_limit' AND later.state = 'applied'
            AND later.action_id > a.action_id
    ) AS as_made
FROM unnest(:merchant_ids::int[], :action_ids::bigint[]) AS w (merchant_id, action_id)
JOIN merchants.action AS a ON (a.merchant_id, a.action_id) = (w.merchant_id, w.action_id)
CROSS JOIN LATERAL (
    SELECT CASE a.kind
        WHEN 'tier' THEN (
            SELECT CASE WHEN t.tier <> '' THEN jsonb_build_object(
                    'ladder', t.ladder, 'tier', t.tier, 'daily_cap', t.daily_cap) END
            FROM merchants.tier AS t
            WHERE t.merchant_id = a.merchant_id AND t.ended_at = 'infinity')
        WHEN 'volume_limit' THEN (
            SELECT to_jsonb(max(v.limit_id))
            FROM merchants.volume_limit AS v
            WHERE v.merchant_id = a.merchant_id AND v.policy = a.policy
                AND v.until_at > :now::timestamptz AND v.lifted_at IS NULL)
        ELSE (
            SELECT to_jsonb(t.value)
            FROM merchants.term AS t
            WHERE (t.merchant_id, t.kind) = (a.merchant_id, a.kind) AND t.ended_at = 'infinity')
    END AS present
) AS p
ORDER BY a.merchant_id, a.action_id
