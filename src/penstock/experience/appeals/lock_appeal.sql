SELECT a.profile, a.status, a.decided_at, a.again_by_at,
    (SELECT count(*) FROM experience.appeal_move AS m
     WHERE (m.merchant_id, m.appeal_id) = (a.merchant_id, a.appeal_id)
        AND m.event = 'reopened')::int AS reopened
FROM experience.appeal AS a
WHERE (a.merchant_id, a.appeal_id) = (:merchant_id::int, :appeal_id::bigint)
FOR UPDATE OF a
