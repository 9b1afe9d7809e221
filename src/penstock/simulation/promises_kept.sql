-- An order is as late as the last of its fulfilment orders; those cancelled are not waited for.
-- The first rows are a merchant's whole, the others an hour's of all merchants.
WITH ended AS (
    SELECT merchant_id, subject_id,
        min(at) FILTER (WHERE event = 'handed_over') AS shipped_at,
        min(at) FILTER (WHERE event = 'delivered') AS delivered_at,
        min(at) FILTER (WHERE event = 'cancelled') AS cancelled_at
    FROM lifecycle.moves
    WHERE kind = 'fulfilment_order' AND event IN ('handed_over', 'delivered', 'cancelled')
    GROUP BY merchant_id, subject_id
), part AS (
    SELECT s.merchant_id, s.subject_id, e.shipped_at, e.delivered_at, e.cancelled_at
    FROM lifecycle.subjects AS s
    LEFT JOIN ended AS e USING (merchant_id, subject_id)
    WHERE s.kind = 'fulfilment_order'
), whole AS (
    SELECT p.merchant_id, coalesce(f.order_id, p.subject_id) AS order_id,
        CASE WHEN bool_and(p.shipped_at IS NOT NULL OR p.cancelled_at IS NOT NULL)
             THEN max(p.shipped_at) END AS shipped_at,
        CASE WHEN bool_and(p.delivered_at IS NOT NULL OR p.cancelled_at IS NOT NULL)
             THEN max(p.delivered_at) END AS delivered_at,
        CASE WHEN bool_and(p.cancelled_at IS NOT NULL) THEN max(p.cancelled_at) END
            AS cancelled_at
    FROM part AS p
    LEFT JOIN allocation.fulfilment_orders AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (p.merchant_id, p.subject_id)
    GROUP BY 1, 2
), promised AS (
    SELECT o.merchant_id, v.promise, v.done_at,
        CASE WHEN w.cancelled_at < v.due_at THEN NULL ELSE v.due_at END AS due_at,
        date_part('epoch', v.done_at - o.paid_at) / 3600 AS hours
    FROM orders.orders AS o
    JOIN whole AS w ON (w.merchant_id, w.order_id) = (o.merchant_id, o.order_id)
    CROSS JOIN LATERAL (
        VALUES ('dispatch', w.shipped_at, o.dispatch_by_at),
               ('delivery', w.delivered_at, o.deliver_by_at)
    ) AS v (promise, done_at, due_at)
)
SELECT promise, merchant_id, NULL::timestamptz AS at,
    count(*) FILTER (WHERE due_at <= :as_of::timestamptz)::int AS due,
    count(*) FILTER (WHERE due_at <= :as_of::timestamptz AND done_at <= due_at)::int AS kept,
    count(done_at)::int AS done,
    coalesce(percentile_cont(ARRAY[0.1, 0.5, 0.9, 0.99]) WITHIN GROUP (ORDER BY hours), '{}')
        ::float8[] AS hours
FROM promised
GROUP BY promise, merchant_id
UNION ALL
SELECT promise, NULL, date_bin('1 hour', at, '2000-01-01Z'), count(due)::int, 0, count(done)::int,
    '{}'
FROM promised
CROSS JOIN LATERAL (VALUES (due_at, 1, NULL), (done_at, NULL, 1)) AS v (at, due, done)
WHERE at IS NOT NULL
GROUP BY 1, 3
ORDER BY 3 NULLS FIRST, 1 DESC, 2
