WITH there AS (
    SELECT brake_id, value, taken
    FROM streams.brake
    WHERE merchant_id = :merchant_id::int AND stream_id = :stream_id::bigint
        AND sku_id = :sku_id::bigint AND kind = :kind::text
        AND from_at <= :now::timestamptz AND to_at > :now::timestamptz
    ORDER BY brake_id DESC
    LIMIT 1
), replaced AS (
    UPDATE streams.brake AS b
    SET to_at = :now::timestamptz, released_by = :by::text, released_because = 'replaced'
    FROM there AS t
    WHERE b.merchant_id = :merchant_id::int AND b.brake_id = t.brake_id
        AND t.value <> :value::int
), stored AS (
    INSERT INTO streams.brake (merchant_id, stream_id, sku_id, kind, value, from_at, because, by,
                               rule, taken)
    SELECT :merchant_id::int, :stream_id::bigint, :sku_id::bigint, :kind::text, :value::int,
        :now::timestamptz, :because::text, :by::text, :rule::text, :taken::int
    WHERE NOT EXISTS (SELECT FROM there WHERE value = :value::int)
    RETURNING brake_id, taken
)
SELECT brake_id, false AS repeated, taken::int AS taken FROM stored
UNION ALL
SELECT brake_id, true, taken::int FROM there WHERE value = :value::int
