-- Units move from the lines of a fulfilment order to those of the one that is split off it.
WITH part AS (
    SELECT *
    FROM unnest(:merchant_ids::int[], :from_ids::bigint[], :new_ids::bigint[], :line_nos::int[],
                :quantities::int[])
        AS p (merchant_id, from_id, new_id, line_no, quantity)
), born AS (
    INSERT INTO allocation.fulfilment_order (merchant_id, fulfilment_order_id, order_id)
    SELECT DISTINCT p.merchant_id, p.new_id, f.order_id
    FROM part AS p
    JOIN allocation.fulfilment_order AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (p.merchant_id, p.from_id)
), moved AS (
    INSERT INTO allocation.fulfilment_line
        (merchant_id, fulfilment_order_id, line_no, sku_id, quantity)
    SELECT p.merchant_id, p.new_id, p.line_no, l.sku_id, p.quantity
    FROM part AS p
    JOIN allocation.fulfilment_line AS l
        ON (l.merchant_id, l.fulfilment_order_id, l.line_no)
            = (p.merchant_id, p.from_id, p.line_no)
    ORDER BY p.merchant_id, p.new_id, p.line_no
), kept AS (
    UPDATE allocation.fulfilment_line AS l
    SET quantity = l.quantity - p.quantity
    FROM part AS p
    WHERE (l.merchant_id, l.fulfilment_order_id, l.line_no)
            = (p.merchant_id, p.from_id, p.line_no)
        AND l.quantity > p.quantity
)
DELETE FROM allocation.fulfilment_line AS l
USING part AS p
WHERE (l.merchant_id, l.fulfilment_order_id, l.line_no) = (p.merchant_id, p.from_id, p.line_no)
    AND l.quantity = p.quantity
