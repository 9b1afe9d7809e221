-- Each subject that has moved stands where its last move put it.
SELECT m.kind, coalesce(s.status, '') AS status, m.to_status, count(*) AS subjects
FROM (
    SELECT DISTINCT ON (merchant_id, subject_id) merchant_id, subject_id, kind, to_status
    FROM lifecycle.moves
    WHERE history_id > :after::bigint
    ORDER BY merchant_id, subject_id, history_id DESC
) AS m
LEFT JOIN lifecycle.subjects AS s
    ON (s.merchant_id, s.subject_id) = (m.merchant_id, m.subject_id)
WHERE s.status IS DISTINCT FROM m.to_status
GROUP BY m.kind, s.status, m.to_status
