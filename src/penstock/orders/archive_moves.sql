SELECT merchant_id, subject_id, history_id, kind, from_status, event, to_status, at
FROM lifecycle.moves
WHERE subject_id >= :month::int * 10000000000000
    AND subject_id < (:month::int + 1) * 10000000000000
    AND (merchant_id, subject_id, history_id)
        > (:merchant_id::int, :subject_id::bigint, :history_id::bigint)
ORDER BY merchant_id, subject_id, history_id
LIMIT :batch::int
