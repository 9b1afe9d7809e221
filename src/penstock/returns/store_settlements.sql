UPDATE returns.rma AS r
SET refund_minor = s.refund_minor, settled_at = :settled_at::timestamptz
FROM unnest(:merchant_ids::int[], :return_ids::bigint[], :refund_minor::bigint[])
    AS s (merchant_id, return_id, refund_minor)
WHERE (r.merchant_id, r.return_id) = (s.merchant_id, s.return_id)
