WITH line AS (
    SELECT *
    FROM unnest(:merchant_ids::int[], :return_ids::bigint[], :fulfilment_order_ids::bigint[],
                :line_nos::int[], :sku_ids::bigint[], :quantities::int[],
                :unit_price_minor::bigint[])
        AS l (merchant_id, return_id, fulfilment_order_id, line_no, sku_id, quantity,
              unit_price_minor)
), counted AS (
    UPDATE returns.delivered_line AS d
    SET returned = d.returned + c.quantity
    FROM (SELECT merchant_id, fulfilment_order_id, line_no, sum(quantity)::int AS quantity
          FROM line GROUP BY merchant_id, fulfilment_order_id, line_no) AS c
    WHERE (d.merchant_id, d.fulfilment_order_id, d.line_no)
        = (c.merchant_id, c.fulfilment_order_id, c.line_no)
)
INSERT INTO returns.rma_line (merchant_id, return_id, line_no, sku_id, quantity, unit_price_minor)
SELECT merchant_id, return_id, line_no, sku_id, quantity, unit_price_minor
FROM line
