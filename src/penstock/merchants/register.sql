WITH named AS (
    SELECT code FROM unnest(:codes::text[]) AS n (code)
), entered AS (
    INSERT INTO merchants.merchant (code, title, country, applied_at)
    SELECT code, code, :country::text, :now::timestamptz FROM named ORDER BY code
    ON CONFLICT (code) DO NOTHING
    RETURNING merchant_id, code
)
SELECT merchant_id, code FROM entered
UNION ALL
SELECT m.merchant_id, m.code FROM merchants.merchant AS m JOIN named USING (code)
