WITH said AS (
    SELECT *
    FROM unnest(:batch_ids::bigint[], :pickers::text[], :merchant_ids::int[],
                :fulfilment_order_ids::bigint[], :line_nos::int[], :skus::text[], :picked::int[])
        WITH ORDINALITY AS s (batch_id, picker, merchant_id, fulfilment_order_id, line_no, sku,
                              picked, position)
), hand AS (
    SELECT batch_id, picker
    FROM warehouse.batch
    WHERE node_id = :node_id::int AND batch_id IN (SELECT batch_id FROM said)
), line AS (
    -- What was confirmed is read from the pick alone: a short order's lines may have changed since.
    SELECT h.batch_id, h.picker, p.merchant_id, p.fulfilment_order_id, p.line_no, true AS done,
        p.sku_id, '' AS code, p.wanted
    FROM hand AS h
    JOIN warehouse.batch_order AS o ON o.node_id = :node_id::int AND o.batch_id = h.batch_id
    JOIN warehouse.pick AS p
        ON (p.merchant_id, p.fulfilment_order_id, p.batch_id)
            = (o.merchant_id, o.fulfilment_order_id, o.batch_id)
    UNION ALL
    SELECT h.batch_id, h.picker, l.merchant_id, l.fulfilment_order_id, l.line_no, false,
        l.sku_id, k.code, l.quantity
    FROM hand AS h
    JOIN warehouse.batch_order AS o ON o.node_id = :node_id::int AND o.batch_id = h.batch_id
    JOIN allocation.fulfilment_lines AS l
        ON (l.merchant_id, l.fulfilment_order_id) = (o.merchant_id, o.fulfilment_order_id)
    JOIN merchants.skus AS k ON (k.merchant_id, k.sku_id) = (l.merchant_id, l.sku_id)
    WHERE o.picked_at IS NULL AND o.short_at IS NULL
        AND NOT EXISTS (
            SELECT FROM warehouse.pick AS p
            WHERE (p.merchant_id, p.fulfilment_order_id, p.line_no, p.batch_id)
                = (l.merchant_id, l.fulfilment_order_id, l.line_no, o.batch_id))
), matched AS (
    SELECT s.position, s.batch_id, s.picker, l.done, l.sku_id, l.wanted,
        coalesce(l.merchant_id, s.merchant_id, 0) AS merchant_id,
        coalesce(l.fulfilment_order_id, s.fulfilment_order_id, 0) AS fulfilment_order_id,
        coalesce(l.line_no, s.line_no, 0) AS line_no,
        s.line_no IS NULL OR s.sku = l.code AS same_sku,
        CASE WHEN s.line_no IS NULL THEN l.wanted ELSE s.picked END AS picked
    FROM said AS s
    LEFT JOIN line AS l
        ON (l.batch_id, l.picker) = (s.batch_id, s.picker)
        AND (s.line_no IS NULL
             OR (l.merchant_id, l.fulfilment_order_id, l.line_no)
                 = (s.merchant_id, s.fulfilment_order_id, s.line_no))
), judged AS (
    -- Of what is right, the first word on a line counts; a wrong scan before it does not.
    SELECT *,
        CASE WHEN done IS NULL THEN 'unknown'
             WHEN done THEN 'repeated'
             WHEN NOT same_sku THEN 'wrong_sku'
             WHEN picked > wanted THEN 'too_many'
             WHEN row_number() OVER (PARTITION BY batch_id, merchant_id, fulfilment_order_id,
                                         line_no, same_sku AND picked <= wanted
                                     ORDER BY position) > 1 THEN 'repeated'
             WHEN picked < wanted THEN 'short'
             ELSE 'picked' END AS outcome
    FROM matched
), recorded AS (
    INSERT INTO warehouse.pick (merchant_id, fulfilment_order_id, line_no, batch_id, node_id,
                                sku_id, wanted, picked, picker, at)
    SELECT merchant_id, fulfilment_order_id, line_no, batch_id, :node_id::int,
        sku_id, wanted, picked, picker, :now::timestamptz
    FROM judged
    WHERE outcome IN ('picked', 'short')
)
SELECT batch_id, merchant_id, fulfilment_order_id, line_no, outcome
FROM judged
ORDER BY position, merchant_id, fulfilment_order_id, line_no
