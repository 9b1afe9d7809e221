-- Several parcels may have delivered it: the carrier of the first answers for all. What merchant and
-- platform bear together they divide by the merchant's term of the day of the request, save where
-- the fault is the seller's; without a term, as the policy says.
SELECT r.merchant_id, r.return_id, r.vendor AS processor, coalesce(c.vendor, '') AS carrier,
    r.fee_minor, r.fee_currency,
    coalesce((p.merchant_weight + p.platform_weight) * t.value, p.merchant_weight * 100)
        AS merchant_weight,
    coalesce((p.merchant_weight + p.platform_weight) * (100 - t.value), p.platform_weight * 100)
        AS platform_weight,
    p.carrier_weight * 100 AS carrier_weight, p.shopper_weight * 100 AS shopper_weight,
    l.refund_minor, r.currency
FROM unnest(:merchant_ids::int[], :return_ids::bigint[]) AS s (merchant_id, return_id)
JOIN returns.rma AS r ON (r.merchant_id, r.return_id) = (s.merchant_id, s.return_id)
JOIN returns.policy AS p ON p.policy_id = r.policy_id
CROSS JOIN LATERAL (
    SELECT sum(round(
        l.quantity::numeric * l.unit_price_minor
        * CASE l.grade WHEN 'missing' THEN p.missing_percent ELSE 100 END / 100))::bigint
        AS refund_minor
    FROM returns.rma_line AS l
    WHERE (l.merchant_id, l.return_id) = (r.merchant_id, r.return_id)
) AS l
LEFT JOIN LATERAL (
    SELECT b.vendor
    FROM warehouse.parcels AS w
    JOIN shipping.labels AS b ON (b.merchant_id, b.parcel_id) = (w.merchant_id, w.parcel_id)
    WHERE (w.merchant_id, w.fulfilment_order_id) = (r.merchant_id, r.fulfilment_order_id)
    ORDER BY w.parcel_no
    LIMIT 1
) AS c ON true
LEFT JOIN LATERAL (
    SELECT t.value
    FROM merchants.terms AS t
    WHERE (t.merchant_id, t.kind) = (r.merchant_id, 'return_share') AND p.fault <> 'seller'
        AND t.from_at <= r.requested_at AND t.ended_at > r.requested_at
    ORDER BY t.term_id DESC
    LIMIT 1
) AS t ON true
ORDER BY r.merchant_id, r.return_id
