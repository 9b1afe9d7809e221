SELECT m.merchant_id
FROM merchants.merchant AS m
WHERE m.status = 'approved'
    AND (coalesce(m.approved_at, m.decided_at) AT TIME ZONE 'UTC')::date >= :approved_from::date
    AND NOT EXISTS (SELECT FROM merchants.tier AS t WHERE t.merchant_id = m.merchant_id)
ORDER BY m.merchant_id
LIMIT :batch::int
