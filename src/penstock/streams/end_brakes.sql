WITH ended AS (
    UPDATE streams.brake
    SET to_at = :now::timestamptz, released_by = :by::text, released_because = :because::text
    WHERE merchant_id = :merchant_id::int AND stream_id = :stream_id::bigint
        AND from_at <= :now::timestamptz AND to_at > :now::timestamptz
        AND sku_id = coalesce(:sku_id::bigint, sku_id)
        AND kind = coalesce(:kind::text, kind)
        AND rule = coalesce(:rule::text, rule)
    RETURNING brake_id, sku_id, kind
)
SELECT brake_id, sku_id, kind FROM ended ORDER BY brake_id
