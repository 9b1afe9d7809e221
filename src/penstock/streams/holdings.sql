-- An order gives its units back when nothing of it is left that was not cancelled. The status is
-- asked for by order: as a join the planner might roll up all orders of the merchant.
WITH bought AS MATERIALIZED (
    SELECT b.stream_id, b.sku_id, b.buyer_id, b.units, (
        SELECT s.status
        FROM orders.order_statuses AS s
        WHERE (s.merchant_id, s.order_id) = (b.merchant_id, b.order_id)) AS status
    FROM streams.bought AS b
    WHERE b.merchant_id = :merchant_id::int
        AND b.stream_id = ANY (:stream_ids::bigint[]) AND b.buyer_id = ANY (:buyer_ids::text[])
)
SELECT stream_id, sku_id, buyer_id, sum(units)::int AS units
FROM bought
WHERE status IS DISTINCT FROM 'cancelled'
GROUP BY stream_id, sku_id, buyer_id
ORDER BY stream_id, sku_id, buyer_id
