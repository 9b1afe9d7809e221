SELECT jsonb_build_object(
    'merchant', m.code, 'status', m.status, 'daily_cap', m.daily_cap,
    'hold_s', date_part('epoch', m.hold),
    'orders_today', coalesce((
        SELECT d.orders FROM merchants.day AS d
        WHERE (d.merchant_id, d.day) = (m.merchant_id, :day::date)), 0),
    'tiers', coalesce((
        SELECT jsonb_agg(jsonb_build_object(
            'ladder', t.ladder, 'tier', t.tier, 'daily_cap', t.daily_cap, 'from_at', t.from_at,
            'ended_at', nullif(t.ended_at, 'infinity'),
            'pinned_until', nullif(t.pinned_until, '-infinity'), 'because', t.because,
            'decided_by', t.decided_by) ORDER BY t.tier_id DESC)
        FROM merchants.tier AS t
        WHERE t.merchant_id = m.merchant_id), '[]'),
    'volume_limits', coalesce((
        SELECT jsonb_agg(jsonb_build_object(
            'limit_id', v.limit_id, 'policy', v.policy, 'percent', v.percent,
            'mean_orders', v.mean_orders, 'daily_cap', v.daily_cap, 'from_at', v.from_at,
            'until_at', v.until_at, 'because', v.because, 'lifted_at', v.lifted_at,
            'lifted_because', v.lifted_because) ORDER BY v.limit_id DESC)
        FROM merchants.volume_limit AS v
        WHERE v.merchant_id = m.merchant_id AND v.until_at > :now::timestamptz), '[]'),
    'terms', coalesce((
        SELECT jsonb_agg(jsonb_build_object(
            'kind', t.kind, 'value', t.value, 'from_at', t.from_at, 'because', t.because)
            ORDER BY t.kind)
        FROM merchants.term AS t
        WHERE t.merchant_id = m.merchant_id AND t.ended_at = 'infinity'), '[]'),
    'capacities', coalesce((
        SELECT jsonb_agg(jsonb_build_object(
            'node_id', c.node_id, 'orders', c.orders, 'effective_from', c.effective_from,
            'effective_to', nullif(c.effective_to, 'infinity'), 'because', c.because)
            ORDER BY c.node_id, c.effective_from DESC)
        FROM merchants.capacity AS c
        WHERE c.merchant_id = m.merchant_id AND c.effective_to >= :day::date), '[]')
)::text AS shown
FROM merchants.merchant AS m
WHERE m.merchant_id = :merchant_id::int
