SELECT r.merchant_id FROM experience.recount AS r
UNION
SELECT t.merchant_id FROM experience.touched AS t
ORDER BY merchant_id
