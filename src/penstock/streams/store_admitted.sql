WITH admitted AS (
    UPDATE streams.ticket
    SET status = 'admitted', admitted_at = :now::timestamptz,
        expires_at = :now::timestamptz + make_interval(secs => :valid_s::int)
    WHERE merchant_id = :merchant_id::int AND ticket_id = ANY (:ticket_ids::bigint[])
        AND status IN ('waiting', 'sold_out')
    RETURNING 1
), credited AS (
    UPDATE streams.admission
    SET credit = :credit::float8, credited_at = :now::timestamptz
    WHERE merchant_id = :merchant_id::int AND stream_id = :stream_id::bigint
        AND sku_id = :sku_id::bigint
)
SELECT count(*)::int AS admitted FROM admitted
