SELECT 'I2: reserved units in pools, and in open reservations' AS name,
    (SELECT coalesce(sum(reserved), 0) FROM inventory.pool_stocks)::bigint AS left,
    (SELECT coalesce(sum(quantity), 0) FROM inventory.reservations)::bigint AS right
UNION ALL
SELECT 'I3: accepted orders, and those with a fulfilment order',
    count(*), count(s.subject_id)
FROM orders.orders AS o
LEFT JOIN lifecycle.subjects AS s
    ON (s.merchant_id, s.subject_id) = (o.merchant_id, o.order_id)
UNION ALL
SELECT 'I6: subjects past their deadline, and those on the exception list',
    count(*), count(x.subject_id)
FROM lifecycle.subjects AS s
LEFT JOIN tracking.exceptions AS x
    ON (x.merchant_id, x.subject_id) = (s.merchant_id, s.subject_id) AND x.closed_at IS NULL
WHERE s.deadline_at < :now::timestamptz
UNION ALL
SELECT 'I7: money legs, by currency, that do not sum to zero, and none', count(*), 0
FROM (SELECT currency FROM ledger.legs GROUP BY currency HAVING sum(amount_minor) <> 0) AS x
