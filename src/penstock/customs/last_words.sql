WITH said AS (
    SELECT DISTINCT ON (e.merchant_id, e.parcel_id) e.merchant_id, e.parcel_id,
        CASE e.status WHEN 'held' THEN 'held_by_customs' ELSE e.status END AS event,
        coalesce(nullif(e.detail, ''), nullif(e.reason, ''), e.code) AS because,
        e.occurred_at
    FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[]) AS w (merchant_id, parcel_id)
    JOIN customs.event AS e USING (merchant_id, parcel_id)
    WHERE e.status IN ('held', 'cleared', 'refused')
    ORDER BY e.merchant_id, e.parcel_id, e.status = 'held', e.occurred_at DESC, e.status, e.event_id
)
SELECT s.merchant_id, s.parcel_id, s.event, s.because,
    least(greatest(s.occurred_at, p.since_at), :now::timestamptz) AS at
FROM said AS s
JOIN lifecycle.subjects AS p ON (p.merchant_id, p.subject_id) = (s.merchant_id, s.parcel_id)
WHERE p.status = 'declared' OR p.status = 'customs_held' AND s.event <> 'held_by_customs'
ORDER BY s.merchant_id, s.parcel_id
