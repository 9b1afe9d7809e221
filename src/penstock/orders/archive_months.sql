-- Each month is asked for by itself: its partition says at its first row that there is one.
SELECT month
FROM generate_series(0, :before::int - 1) AS month
WHERE NOT EXISTS (SELECT FROM orders.archive AS a WHERE a.month = month.month)
    AND (EXISTS (
            SELECT FROM orders.receipt AS r
            WHERE r.order_id >= month * 10000000000000
                AND r.order_id < (month + 1) * 10000000000000)
        OR EXISTS (
            SELECT FROM lifecycle.moves AS m
            WHERE m.subject_id >= month * 10000000000000
                AND m.subject_id < (month + 1) * 10000000000000))
ORDER BY month
