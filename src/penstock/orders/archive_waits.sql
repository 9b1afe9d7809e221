-- What is under way is little beside what has ended: it is sought out, and led back to its orders.
WITH stirring AS (
    SELECT 'not finished' AS why, merchant_id, subject_id
    FROM lifecycle.subjects
    WHERE deadline_at < 'infinity'
    UNION ALL
    SELECT 'open exceptions', merchant_id, subject_id
    FROM tracking.exceptions
    WHERE closed_at IS NULL
    UNION ALL
    SELECT 'not passed on yet', merchant_id, subject_id FROM outbox.events
    UNION ALL
    SELECT 'calls under way', merchant_id, subject_id FROM worker.calls WHERE outcome IS NULL
), concerned AS (
    SELECT why, merchant_id, subject_id, subject_id AS order_id FROM stirring
    UNION ALL
    SELECT s.why, s.merchant_id, s.subject_id, f.order_id
    FROM stirring AS s
    JOIN allocation.fulfilment_orders AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (s.merchant_id, s.subject_id)
    UNION ALL
    SELECT s.why, s.merchant_id, s.subject_id, f.order_id
    FROM stirring AS s
    JOIN warehouse.parcels AS p ON (p.merchant_id, p.parcel_id) = (s.merchant_id, s.subject_id)
    JOIN allocation.fulfilment_orders AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (p.merchant_id, p.fulfilment_order_id)
    UNION ALL
    SELECT s.why, s.merchant_id, s.subject_id, r.order_id
    FROM stirring AS s
    JOIN returns.rmas AS r ON (r.merchant_id, r.return_id) = (s.merchant_id, s.subject_id)
)
SELECT why, count(DISTINCT (merchant_id, subject_id))::int AS things, min(subject_id) AS example
FROM concerned
WHERE order_id >= :month::int * 10000000000000 AND order_id < (:month::int + 1) * 10000000000000
GROUP BY why
UNION ALL
SELECT 'received too lately', count(*)::int, min(order_id)
FROM orders.receipt
WHERE order_id >= :month::int * 10000000000000 AND order_id < (:month::int + 1) * 10000000000000
    AND received_at >= :kept_from::timestamptz
HAVING count(*) > 0
ORDER BY why
