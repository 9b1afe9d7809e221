WITH confirmed AS (
    SELECT o.batch_id, o.merchant_id, o.fulfilment_order_id, bool_or(p.picked < p.wanted) AS short
    FROM warehouse.batch_order AS o
    JOIN allocation.fulfilment_lines AS l
        ON (l.merchant_id, l.fulfilment_order_id) = (o.merchant_id, o.fulfilment_order_id)
    LEFT JOIN warehouse.pick AS p
        ON (p.merchant_id, p.fulfilment_order_id, p.line_no, p.batch_id)
            = (l.merchant_id, l.fulfilment_order_id, l.line_no, o.batch_id)
    WHERE o.node_id = :node_id::int AND o.batch_id = ANY (:batch_ids::bigint[])
        AND o.picked_at IS NULL AND o.short_at IS NULL
    GROUP BY o.batch_id, o.merchant_id, o.fulfilment_order_id
    HAVING count(*) = count(p.line_no)
), settled AS (
    UPDATE warehouse.batch_order AS o
    SET picked_at = CASE WHEN NOT c.short THEN :now::timestamptz END,
        short_at = CASE WHEN c.short THEN :now::timestamptz END
    FROM confirmed AS c
    WHERE o.node_id = :node_id::int
        AND (o.batch_id, o.merchant_id, o.fulfilment_order_id)
            = (c.batch_id, c.merchant_id, c.fulfilment_order_id)
), finished AS (
    UPDATE warehouse.batch AS b
    SET picked_at = :now::timestamptz
    WHERE b.node_id = :node_id::int AND b.batch_id IN (SELECT batch_id FROM confirmed)
        AND NOT EXISTS (
            SELECT FROM warehouse.batch_order AS o
            WHERE (o.node_id, o.batch_id) = (b.node_id, b.batch_id)
                AND o.picked_at IS NULL AND o.short_at IS NULL
                AND (o.batch_id, o.merchant_id, o.fulfilment_order_id) NOT IN (
                    SELECT batch_id, merchant_id, fulfilment_order_id FROM confirmed))
)
SELECT merchant_id, fulfilment_order_id, batch_id, short
FROM confirmed
ORDER BY merchant_id, fulfilment_order_id
