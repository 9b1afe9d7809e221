-- Delivered orders with what was so before they were handed over, for the effects of lateness.
SELECT j.merchant_id, j.market, j.ordered_at, j.accepted_at, j.dispatch_by_at, j.dispatched_at,
    coalesce(j.transit_by_at, j.dispatched_at + (j.deliver_by_at - j.dispatch_by_at))
        AS transit_by_at,
    j.delivered_at, coalesce(f.node_id, 0) AS node_id, j.review_score::int AS stars,
    coalesce(j.returned_at <= :as_of::timestamptz, false) AS returned
FROM experience.journey AS j
LEFT JOIN allocation.fulfilment_orders AS f
    ON (f.merchant_id, f.fulfilment_order_id) = (j.merchant_id, j.fulfilment_order_id)
WHERE (:merchant::int IS NULL OR j.merchant_id = :merchant::int)
    AND j.ordered_at > :from_at::timestamptz AND j.delivered_at <= :as_of::timestamptz
    AND j.dispatched_at >= j.ordered_at AND j.delivered_at >= j.dispatched_at
    AND j.excluded IS NULL
ORDER BY j.merchant_id, j.ordered_at, j.fulfilment_order_id
