SELECT account, reason, currency, count(*)::int AS transfers,
    coalesce(sum(amount_minor) FILTER (WHERE amount_minor > 0), 0)::bigint AS debit_minor,
    coalesce(-sum(amount_minor) FILTER (WHERE amount_minor < 0), 0)::bigint AS credit_minor,
    sum(amount_minor)::bigint AS balance_minor
FROM ledger.legs
WHERE merchant_id = :merchant_id::int
    AND at >= :from_at::timestamptz AND at < :to_at::timestamptz
GROUP BY account, reason, currency
ORDER BY account, reason, currency
