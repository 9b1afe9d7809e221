WITH unsettled AS (
    SELECT o.batch_id, o.merchant_id, o.fulfilment_order_id,
        count(*) = count(p.line_no) AS confirmed, bool_or(p.picked < p.wanted) AS short
    FROM warehouse.batch_order AS o
    JOIN allocation.fulfilment_lines AS l
        ON (l.merchant_id, l.fulfilment_order_id) = (o.merchant_id, o.fulfilment_order_id)
    LEFT JOIN warehouse.pick AS p
        ON (p.merchant_id, p.fulfilment_order_id, p.line_no, p.batch_id)
            = (l.merchant_id, l.fulfilment_order_id, l.line_no, o.batch_id)
    WHERE o.node_id = :node_id::int AND o.batch_id = ANY (:batch_ids::bigint[])
        AND o.picked_at IS NULL AND o.short_at IS NULL
    GROUP BY o.batch_id, o.merchant_id, o.fulfilment_order_id
), settled AS (
    UPDATE warehouse.batch_order AS o
    SET picked_at = CASE WHEN NOT u.short THEN :now::timestamptz END,
        short_at = CASE WHEN u.short THEN :now::timestamptz END
    FROM unsettled AS u
    WHERE o.node_id = :node_id::int AND u.confirmed
        AND (o.batch_id, o.merchant_id, o.fulfilment_order_id)
            = (u.batch_id, u.merchant_id, u.fulfilment_order_id)
), finished AS (
    UPDATE warehouse.batch AS b
    SET picked_at = :now::timestamptz
    FROM (SELECT batch_id FROM unsettled GROUP BY batch_id HAVING bool_and(confirmed)) AS u
    WHERE b.node_id = :node_id::int AND b.batch_id = u.batch_id
)
SELECT merchant_id, fulfilment_order_id, batch_id, short
FROM unsettled
WHERE confirmed
ORDER BY merchant_id, fulfilment_order_id
