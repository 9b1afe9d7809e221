INSERT INTO orders.unpaid (merchant_id, order_id, expires_at, hold, sla, extra_days)
SELECT :merchant_id::int, order_id, expires_at, hold, sla, extra_days
FROM unnest(:order_ids::bigint[], :expires_at::timestamptz[], :holds::interval[], :slas::text[],
            :extra_days::int[])
    AS n (order_id, expires_at, hold, sla, extra_days)
