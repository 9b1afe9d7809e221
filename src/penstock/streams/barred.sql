-- Why a merchant may not schedule livestreams at the moment; no row: it may.
SELECT because
FROM merchants.terms
WHERE merchant_id = :merchant_id::int AND kind = 'streams' AND value = 0
    AND from_at <= :now::timestamptz AND ended_at > :now::timestamptz
