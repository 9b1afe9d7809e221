WITH stored AS (
    INSERT INTO merchants.capacity AS c (merchant_id, node_id, effective_from, effective_to, orders,
                                         because, declared_by, declared_at)
    SELECT :merchant_id::int, node_id, effective_from, coalesce(effective_to, 'infinity'), orders,
        because, :declared_by::text, :declared_at::timestamptz
    FROM unnest(:node_ids::int[], :orders::int[], :effective_from::date[], :effective_to::date[],
                :because::text[])
        AS n (node_id, orders, effective_from, effective_to, because)
    ORDER BY node_id, effective_from
    ON CONFLICT (merchant_id, node_id, effective_from) DO UPDATE
    SET effective_to = excluded.effective_to, orders = excluded.orders,
        because = excluded.because, declared_by = excluded.declared_by,
        declared_at = excluded.declared_at
    WHERE (c.effective_to, c.orders, c.because)
        IS DISTINCT FROM (excluded.effective_to, excluded.orders, excluded.because)
    RETURNING 1
)
SELECT count(*)::int FROM stored
