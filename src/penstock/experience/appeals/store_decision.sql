WITH decision AS (
    SELECT *
    FROM unnest(:fulfilment_order_ids::bigint[], :outcomes::text[], :because::text[])
        AS d (fulfilment_order_id, outcome, because)
), decided AS (
    UPDATE experience.appeal_order AS o
    SET outcome = d.outcome, stood = d.outcome, because = d.because
    FROM decision AS d
    WHERE (o.merchant_id, o.appeal_id, o.fulfilment_order_id)
          = (:merchant_id::int, :appeal_id::bigint, d.fulfilment_order_id)
)
UPDATE experience.appeal AS a
SET decided_at = :decided_at::timestamptz, again_by_at = :again_by_at::timestamptz
WHERE (a.merchant_id, a.appeal_id) = (:merchant_id::int, :appeal_id::bigint)
