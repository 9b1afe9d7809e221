-- The update changes nothing: it returns the row that has the code, whoever put it there.
INSERT INTO merchants.merchant AS m (code, title, country, applied_at)
SELECT code, title, country, :applied_at::timestamptz
FROM unnest(:codes::text[], :titles::text[], :countries::text[])
    WITH ORDINALITY AS a (code, title, country, position)
ORDER BY position
ON CONFLICT (code) DO UPDATE SET code = m.code
RETURNING code, merchant_id, title, country, xmax = 0 AS fresh
