SELECT json_build_object(
    'appeal_id', a.appeal_id, 'merchant', m.code, 'profile', a.profile, 'scenario', a.scenario,
    'statement', a.statement, 'status', a.status, 'filed_at', a.filed_at,
    'answer_by_at', a.answer_by_at,
    'overdue', a.status IN ('filed', 'reopened') AND a.answer_by_at < :now::timestamptz,
    'decided_at', a.decided_at, 'again_by_at', a.again_by_at,
    'orders', coalesce((
        SELECT json_agg(json_build_object(
            'order', o.order_ref, 'fulfilment_order_id', o.fulfilment_order_id,
            'counted_at', o.counted_at, 'outcome', o.outcome, 'because', o.because)
            ORDER BY o.order_ref, o.fulfilment_order_id)
        FROM experience.appeal_order AS o
        WHERE (o.merchant_id, o.appeal_id) = (a.merchant_id, a.appeal_id)), '[]'),
    'files', coalesce((
        SELECT json_agg(json_build_object(
            'title', f.title, 'media_type', f.media_type, 'sha256', f.sha256,
            'bytes', length(f.content))
            ORDER BY f.added_at, f.sha256)
        FROM experience.appeal_file AS f
        WHERE (f.merchant_id, f.appeal_id) = (a.merchant_id, a.appeal_id)), '[]'),
    'moves', coalesce((
        SELECT json_agg(json_build_object(
            'event', v.event, 'at', v.at, 'by', v.moved_by, 'because', v.because)
            ORDER BY v.move_id)
        FROM experience.appeal_move AS v
        WHERE (v.merchant_id, v.appeal_id) = (a.merchant_id, a.appeal_id)), '[]')
    )::text AS appeal
FROM experience.appeal AS a
JOIN merchants.merchants AS m ON m.merchant_id = a.merchant_id
WHERE (:merchant::int IS NULL OR a.merchant_id = :merchant::int)
    AND (:appeal::bigint IS NULL OR a.appeal_id = :appeal::bigint)
    AND (:status::text = '' OR a.status = :status::text)
    AND a.appeal_id > :after::bigint
ORDER BY a.appeal_id
LIMIT :rows_max::int
