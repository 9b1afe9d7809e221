SELECT ticket_id, units
FROM streams.ticket
WHERE merchant_id = :merchant_id::int AND stream_id = :stream_id::bigint
    AND sku_id = :sku_id::bigint AND status IN ('waiting', 'sold_out') AND units <= :units::int
ORDER BY position
LIMIT :tickets::int
