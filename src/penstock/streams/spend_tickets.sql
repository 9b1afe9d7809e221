UPDATE streams.ticket
SET status = 'used', used_at = :now::timestamptz
WHERE merchant_id = :merchant_id::int AND ticket_id = ANY (:ticket_ids::bigint[])
    AND status = 'admitted'
