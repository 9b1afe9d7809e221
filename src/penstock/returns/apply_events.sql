WITH used AS (
    SELECT e.*
    FROM unnest(:merchant_ids::int[], :return_ids::bigint[], :vendors::text[], :event_ids::text[])
        AS u (merchant_id, return_id, vendor, event_id)
    JOIN returns.event AS e ON (e.vendor, e.event_id) = (u.vendor, u.event_id)
        AND (e.merchant_id, e.return_id) = (u.merchant_id, u.return_id)
), received AS (
    UPDATE returns.rma AS r
    SET received_at = u.occurred_at
    FROM used AS u
    WHERE (r.merchant_id, r.return_id) = (u.merchant_id, u.return_id) AND u.code = 'received'
), graded AS (
    UPDATE returns.rma_line AS l
    SET grade = coalesce(u.grades ->> l.line_no::text, u.grades ->> '*')
    FROM used AS u
    WHERE (l.merchant_id, l.return_id) = (u.merchant_id, u.return_id) AND u.code = 'graded'
)
UPDATE returns.event AS e
SET outcome = 'applied'
FROM used AS u
WHERE (e.vendor, e.event_id) = (u.vendor, u.event_id) AND e.merchant_id = u.merchant_id
