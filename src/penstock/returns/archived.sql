-- An order's key outlives it, and says in which month it was received: months are archived whole.
-- A merchant's few channels are found by hops over the keys' index, which begins with them.
SELECT DISTINCT (w.position - 1)::int AS position
FROM unnest(:merchant_ids::int[], :order_ids::bigint[], :channels::text[],
            :channel_order_ids::text[], :fulfilment_order_ids::bigint[])
    WITH ORDINALITY
    AS w (merchant_id, order_id, channel, channel_order_id, fulfilment_order_id, position)
CROSS JOIN LATERAL (
    SELECT w.order_id
    UNION ALL
    SELECT f.order_id
    FROM allocation.fulfilment_orders AS f
    WHERE (f.merchant_id, f.fulfilment_order_id) = (w.merchant_id, w.fulfilment_order_id)
    UNION ALL
    SELECT k.order_id
    FROM orders.keys AS k
    WHERE w.channel_order_id <> ''
        AND (k.merchant_id, k.channel_order_id) = (w.merchant_id, w.channel_order_id)
        AND k.channel = ANY (ARRAY(
            WITH RECURSIVE c (channel) AS (
                (SELECT min(k.channel) FROM orders.keys AS k WHERE k.merchant_id = w.merchant_id)
                UNION ALL
                SELECT (SELECT min(k.channel) FROM orders.keys AS k
                        WHERE k.merchant_id = w.merchant_id AND k.channel > c.channel)
                FROM c WHERE c.channel IS NOT NULL
            ) SELECT channel FROM c WHERE w.channel IN ('', channel)))
) AS o
JOIN orders.archives AS a ON a.month = o.order_id / 10000000000000 AND a.kind = 'orders'
WHERE o.order_id <> 0
ORDER BY position
