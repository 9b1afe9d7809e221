-- Several parcels may have delivered it: the carrier of the first answers for all.
SELECT r.merchant_id, r.return_id, r.vendor AS processor, coalesce(c.vendor, '') AS carrier,
    r.fee_minor, r.fee_currency, p.merchant_weight, p.platform_weight, p.carrier_weight,
    p.shopper_weight, l.refund_minor, r.currency
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
ORDER BY r.merchant_id, r.return_id
