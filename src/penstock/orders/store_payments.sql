WITH paid AS (
    SELECT *
    FROM unnest(:order_ids::bigint[], :references::text[], :paid_at::timestamptz[],
                :dispatch_by_at::timestamptz[], :deliver_by_at::timestamptz[])
        AS p (order_id, reference, paid_at, dispatch_by_at, deliver_by_at)
), dated AS (
    UPDATE orders.receipt AS r
    SET paid_at = p.paid_at, dispatch_by_at = p.dispatch_by_at, deliver_by_at = p.deliver_by_at
    FROM paid AS p
    WHERE (r.merchant_id, r.order_id) = (:merchant_id::int, p.order_id)
)
INSERT INTO orders.payment (merchant_id, order_id, reference, paid_at, confirmed_at)
SELECT :merchant_id::int, order_id, reference, paid_at, :confirmed_at::timestamptz
FROM paid
ORDER BY order_id
