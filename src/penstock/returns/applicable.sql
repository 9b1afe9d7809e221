-- A vendor's clock may be wrong: a move lies neither in the future nor before the one it follows.
SELECT DISTINCT ON (e.merchant_id, e.return_id)
    e.merchant_id, e.return_id, e.vendor, e.event_id,
    least(greatest(e.occurred_at, s.since_at), :now::timestamptz) AS at
FROM unnest(:merchant_ids::int[], :return_ids::bigint[]) AS w (merchant_id, return_id)
JOIN returns.event AS e ON (e.merchant_id, e.return_id) = (w.merchant_id, w.return_id)
JOIN lifecycle.subjects AS s ON (s.merchant_id, s.subject_id) = (e.merchant_id, e.return_id)
WHERE e.outcome = 'held' AND e.code = :code::text
ORDER BY e.merchant_id, e.return_id, e.occurred_at, e.vendor, e.event_id
