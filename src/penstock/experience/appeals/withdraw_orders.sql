WITH withdrawn AS (
    UPDATE experience.appeal_order AS o
    SET outcome = o.stood
    WHERE (o.merchant_id, o.appeal_id) = (:merchant_id::int, :appeal_id::bigint)
        AND o.outcome = 'waiting'
    RETURNING 1
)
SELECT count(*) FROM withdrawn
