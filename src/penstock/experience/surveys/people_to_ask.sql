-- Whom a round has not asked yet: each approved merchant once, or the shoppers of orders delivered
-- of late, the latest first.
SELECT m.merchant_id, 0::bigint AS fulfilment_order_id, m.code AS name
FROM merchants.merchants AS m
WHERE :audience::text = 'merchant' AND m.status = 'approved'
    AND (:merchant::int IS NULL OR m.merchant_id = :merchant::int)
    AND NOT EXISTS (
        SELECT FROM experience.invitation AS i
        WHERE (i.merchant_id, i.round, i.audience, i.fulfilment_order_id)
            = (m.merchant_id, :round::text, 'merchant', 0))
UNION ALL
(SELECT j.merchant_id, j.fulfilment_order_id, j.order_ref
FROM experience.journey AS j
WHERE :audience::text = 'shopper' AND j.merchant_id = :merchant::int
    AND j.delivered_at > :delivered_since_at::timestamptz AND j.delivered_at <= :now::timestamptz
    AND j.excluded IS NULL
    AND NOT EXISTS (
        SELECT FROM experience.invitation AS i
        WHERE (i.merchant_id, i.round, i.audience, i.fulfilment_order_id)
            = (j.merchant_id, :round::text, 'shopper', j.fulfilment_order_id))
ORDER BY j.delivered_at DESC, j.fulfilment_order_id)
ORDER BY merchant_id, fulfilment_order_id
LIMIT :invitations_max::int
