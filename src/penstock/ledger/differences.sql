WITH expected AS (
    SELECT 'label' AS kind, merchant_id, parcel_id AS subject_id, currency,
        fee_minor AS amount_minor
    FROM shipping.labels
    WHERE fee_minor > 0
    UNION ALL
    SELECT 'refund', merchant_id, return_id, currency, refund_minor
    FROM returns.rmas
    WHERE settled_at IS NOT NULL AND refund_minor > 0
    UNION ALL
    SELECT 'return_fee', merchant_id, return_id, fee_currency, fee_minor
    FROM returns.rmas
    WHERE settled_at IS NOT NULL AND fee_minor > 0
), found AS (
    SELECT CASE reason WHEN 'label_voided' THEN 'label' ELSE reason END AS kind, merchant_id,
        subject_id, currency,
        sum(CASE reason WHEN 'label_voided' THEN -amount_minor ELSE amount_minor END)
            AS amount_minor,
        count(*) - 2 * count(*) FILTER (WHERE reason = 'label_voided') AS transfers
    FROM ledger.transfer
    WHERE reason IN ('label', 'label_voided', 'refund', 'return_fee')
    GROUP BY 1, merchant_id, subject_id, currency
    HAVING sum(CASE reason WHEN 'label_voided' THEN -amount_minor ELSE amount_minor END) <> 0
)
SELECT kind AS check, merchant_id, subject_id, currency,
    coalesce(e.amount_minor, 0)::bigint AS expected_minor,
    coalesce(f.amount_minor, 0)::bigint AS found_minor,
    coalesce(f.transfers, 0)::int AS transfers
FROM expected AS e
FULL JOIN found AS f USING (kind, merchant_id, subject_id, currency)
WHERE e.amount_minor IS DISTINCT FROM f.amount_minor
    OR (kind <> 'return_fee' AND f.transfers > 1)
UNION ALL
SELECT 'legs', merchant_id, 0, currency, 0, sum(amount_minor)::bigint, count(*)::int
FROM ledger.legs
GROUP BY merchant_id, currency
HAVING sum(amount_minor) <> 0
ORDER BY 1, 2, 3, 4
