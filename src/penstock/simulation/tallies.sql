SELECT 'I2: reserved units in pools, and in open reservations' AS name,
    (SELECT coalesce(sum(reserved), 0) FROM inventory.pool_stocks)::bigint AS left,
    (SELECT coalesce(sum(quantity), 0) FROM inventory.reservations)::bigint AS right,
    0::bigint AS last_id
UNION ALL
SELECT 'I3: accepted orders, and those with a fulfilment order',
    count(*), count(s.subject_id), 0
FROM orders.orders AS o
LEFT JOIN lifecycle.subjects AS s
    ON (s.merchant_id, s.subject_id) = (o.merchant_id, o.order_id)
WHERE o.order_id > :after_order::bigint
UNION ALL
SELECT 'I6: subjects past their deadline, and those on the exception list',
    count(*), count(x.subject_id), 0
FROM lifecycle.subjects AS s
LEFT JOIN tracking.exceptions AS x
    ON (x.merchant_id, x.subject_id) = (s.merchant_id, s.subject_id) AND x.closed_at IS NULL
WHERE s.deadline_at < :now::timestamptz
UNION ALL
SELECT 'I7: money legs, by currency, that do not sum to zero, and none',
    count(*) FILTER (WHERE x.balance <> 0), 0, coalesce(max(x.last_id), 0)
FROM (
    SELECT sum(amount_minor) AS balance, max(transfer_id) AS last_id
    FROM ledger.legs
    WHERE transfer_id > :after_transfer::bigint
    GROUP BY currency
) AS x
