UPDATE allocation.fulfilment_order AS f
SET because = w.because
FROM (
    SELECT o.merchant_id, a.fulfilment_order_id,
        CASE WHEN EXISTS (
            SELECT
            FROM allocation.fulfilment_line AS l
            JOIN inventory.reservations AS r
                ON (r.merchant_id, r.order_id, r.line_no) = (a.merchant_id, a.order_id, l.line_no)
            JOIN inventory.pools AS p ON (p.merchant_id, p.pool_id) = (r.merchant_id, r.pool_id)
            JOIN inventory.pool_nodes AS n
                ON (n.merchant_id, n.family_id) = (p.merchant_id, p.family_id)
            JOIN vendors.rates AS t ON (t.node_id, t.country) = (n.node_id, o.country)
            WHERE (l.merchant_id, l.fulfilment_order_id) = (a.merchant_id, a.fulfilment_order_id)
                AND (:now::timestamptz AT TIME ZONE 'UTC')::date
                    BETWEEN t.effective_from AND t.effective_to
        ) THEN 'waits: no node that delivers to ' || o.country || ' has free stock'
          ELSE 'waits: no carrier has a rate from its nodes to ' || o.country END AS because
    FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[])
        AS w (merchant_id, fulfilment_order_id)
    JOIN allocation.fulfilment_order AS a
        ON (a.merchant_id, a.fulfilment_order_id) = (w.merchant_id, w.fulfilment_order_id)
    JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (a.merchant_id, a.order_id)
) AS w
WHERE (f.merchant_id, f.fulfilment_order_id) = (w.merchant_id, w.fulfilment_order_id)
    AND f.because <> w.because
