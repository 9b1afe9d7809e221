WITH told AS (
    UPDATE streams.ticket
    SET status = 'sold_out'
    WHERE merchant_id = :merchant_id::int AND stream_id = :stream_id::bigint
        AND sku_id = :sku_id::bigint AND status = 'waiting' AND units > :units::int
    RETURNING 1
)
SELECT count(*)::int AS told FROM told
