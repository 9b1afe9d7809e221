-- What the floors had to do besides: the orders of other merchants, by when they came, how urgent
-- they were, and which could be walked for together. Nothing of them is told to anybody.
SELECT f.node_id, j.merchant_id, j.fulfilment_order_id, j.allocated_at, j.dispatch_by_at,
    j.picked_at, coalesce(g.only_sku_id, 0) AS only_sku_id
FROM experience.journey AS j
JOIN allocation.fulfilment_orders AS f
    ON (f.merchant_id, f.fulfilment_order_id) = (j.merchant_id, j.fulfilment_order_id)
LEFT JOIN LATERAL (
    SELECT CASE WHEN sum(l.quantity) = 1 THEN min(l.sku_id) END AS only_sku_id
    FROM allocation.fulfilment_lines AS l
    WHERE (l.merchant_id, l.fulfilment_order_id) = (j.merchant_id, j.fulfilment_order_id)
) AS g ON true
WHERE j.merchant_id <> :merchant::int
    AND j.ordered_at > :from_at::timestamptz AND j.ordered_at <= :as_of::timestamptz
    AND j.allocated_at IS NOT NULL AND j.allocated_at <= :as_of::timestamptz
    AND f.node_id IS NOT NULL
ORDER BY f.node_id, j.allocated_at, j.merchant_id, j.fulfilment_order_id
