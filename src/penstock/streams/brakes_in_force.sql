-- The day's counter keeps receipts of one day apart. At midnight two days meet, so what is counted
-- on is locked as well: whoever reads it sees what all before have taken.
WITH brake AS (
    SELECT *
    FROM streams.brake
    WHERE merchant_id = :merchant_id::int AND stream_id = ANY (:stream_ids::bigint[])
        AND from_at <= :now::timestamptz AND to_at > :now::timestamptz
    ORDER BY brake_id
    FOR UPDATE
), buyer_limit AS (
    SELECT *
    FROM streams.buyer_limit
    WHERE merchant_id = :merchant_id::int AND stream_id = ANY (:stream_ids::bigint[])
    ORDER BY stream_id, sku_id
    FOR UPDATE
)
SELECT brake_id, stream_id, sku_id, kind, value,
    CASE WHEN minute_at = date_trunc('minute', :now::timestamptz) THEN in_minute ELSE 0 END
        AS in_minute,
    taken
FROM brake
UNION ALL
SELECT 0, a.stream_id, a.sku_id, 'ticket', a.per_minute, 0, 0
FROM streams.admission AS a
WHERE a.merchant_id = :merchant_id::int AND a.stream_id = ANY (:stream_ids::bigint[]) AND a.open
UNION ALL
SELECT 0, stream_id, sku_id, 'buyer_limit', units, 0, 0
FROM buyer_limit
