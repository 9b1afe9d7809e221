-- A debit leg says who bears an amount; the credit legs of the same transfers would count it twice.
SELECT 'goods' AS purpose, 'shopper' AS party, currency, count(*)::int AS items,
    sum(goods_minor)::bigint AS amount_minor
FROM orders.orders
GROUP BY currency
UNION ALL
SELECT 'freight', vendor, currency, count(*)::int, sum(fee_minor)::bigint
FROM shipping.labels
GROUP BY vendor, currency
UNION ALL
SELECT v.purpose, d.jurisdiction, d.currency, count(*)::int, sum(v.amount_minor)::bigint
FROM customs.declarations AS d
CROSS JOIN LATERAL (
    VALUES ('duty', d.duty_minor), ('vat', d.vat_minor), ('customs fees', d.fees_minor)
) AS v (purpose, amount_minor)
WHERE d.lodged_at IS NOT NULL AND v.amount_minor > 0
GROUP BY v.purpose, d.jurisdiction, d.currency
UNION ALL
SELECT reason, account, currency, count(*)::int, sum(amount_minor)::bigint
FROM ledger.legs
WHERE reason IN ('refund', 'return_fee') AND amount_minor > 0
GROUP BY reason, account, currency
ORDER BY 1, 3, 5 DESC, 2
