SELECT j.order_ref, j.fulfilment_order_id,
    EXISTS (SELECT FROM experience.appeal_order AS o
            WHERE (o.merchant_id, o.fulfilment_order_id)
                  = (j.merchant_id, j.fulfilment_order_id)
                AND o.outcome <> 'withdrawn') AS appealed
FROM experience.journey AS j
WHERE j.merchant_id = :merchant_id::int AND j.order_ref = ANY (:order_refs::text[])
ORDER BY j.order_ref, j.fulfilment_order_id
