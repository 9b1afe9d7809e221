WITH opened AS (
    UPDATE experience.appeal_order AS o
    SET outcome = 'waiting', stood = o.outcome
    WHERE (o.merchant_id, o.appeal_id) = (:merchant_id::int, :appeal_id::bigint)
        AND CASE WHEN :fulfilment_order_ids::bigint[] IS NULL THEN o.outcome = 'refused'
                 ELSE o.fulfilment_order_id = ANY (:fulfilment_order_ids::bigint[]) END
    RETURNING 1
)
SELECT count(*) FROM opened
