WITH wish AS (
    SELECT *
    FROM unnest(:fulfilment_order_ids::bigint[], :aside::boolean[])
        AS w (fulfilment_order_id, aside)
), changed AS (
    UPDATE experience.journey AS j
    SET excluded = CASE WHEN w.aside THEN :mark::text END
    FROM wish AS w
    WHERE (j.merchant_id, j.fulfilment_order_id) = (:merchant_id::int, w.fulfilment_order_id)
        AND CASE WHEN w.aside THEN j.excluded IS NULL ELSE j.excluded = :mark::text END
    RETURNING 1
)
SELECT count(*) FROM changed
