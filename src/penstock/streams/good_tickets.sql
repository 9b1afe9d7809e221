SELECT ticket_id, stream_id, sku_id, buyer_id, units
FROM streams.ticket
WHERE merchant_id = :merchant_id::int AND ticket_id = ANY (:ticket_ids::bigint[])
    AND status = 'admitted' AND expires_at > :now::timestamptz
ORDER BY ticket_id
FOR UPDATE
