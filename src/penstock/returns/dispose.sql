WITH disposed AS (
    UPDATE returns.rma_line AS l
    SET disposition = d.disposition
    FROM unnest(:merchant_ids::int[], :return_ids::bigint[]) AS s (merchant_id, return_id),
        unnest(:grades::text[], :dispositions::text[]) AS d (grade, disposition)
    WHERE (l.merchant_id, l.return_id) = (s.merchant_id, s.return_id) AND l.grade = d.grade
    RETURNING l.merchant_id, l.return_id, l.line_no, l.sku_id, l.quantity, l.disposition
)
SELECT d.merchant_id, r.node_id, d.sku_id, d.quantity, d.return_id
FROM disposed AS d
JOIN returns.rma AS r ON (r.merchant_id, r.return_id) = (d.merchant_id, d.return_id)
WHERE d.disposition = 'restock'
ORDER BY d.merchant_id, d.return_id, d.line_no
