-- An order waits for its hand-over first, then for its delivery; as it was known at :as_of.
SELECT o.fulfilment_order_id, o.order_ref, o.deadline, o.due_at
FROM (
    SELECT j.fulfilment_order_id, j.order_ref,
        CASE WHEN waits THEN 'hand-over' ELSE 'delivery' END AS deadline,
        CASE WHEN waits THEN j.dispatch_by_at ELSE j.deliver_by_at END AS due_at
    FROM experience.journey AS j
    CROSS JOIN LATERAL (
        SELECT j.dispatch_by_at IS NOT NULL
            AND coalesce(j.dispatched_at > :as_of::timestamptz, true) AS waits
    ) AS w
    WHERE j.merchant_id = :merchant_id::int
        AND j.ordered_at <= :as_of::timestamptz
        AND coalesce(j.delivered_at > :as_of::timestamptz, true)
        AND coalesce(j.cancelled_at > :as_of::timestamptz, true)
        AND coalesce(j.lost_at > :as_of::timestamptz, true)
) AS o
WHERE o.due_at > :due_from::timestamptz
ORDER BY o.due_at, o.fulfilment_order_id
LIMIT :batch::int
