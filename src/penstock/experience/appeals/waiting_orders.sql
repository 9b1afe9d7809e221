SELECT o.fulfilment_order_id
FROM experience.appeal_order AS o
WHERE (o.merchant_id, o.appeal_id) = (:merchant_id::int, :appeal_id::bigint)
    AND o.outcome = 'waiting'
ORDER BY o.fulfilment_order_id
