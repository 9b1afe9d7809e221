-- Nothing is paid of what was lost, or delivered for another system (imported past orders).
WITH delivered AS (
    SELECT j.merchant_id, j.fulfilment_order_id, coalesce(t.value, :default_days::int) AS days,
        (j.delivered_at AT TIME ZONE 'UTC')::date + coalesce(t.value, :default_days::int) AS due_on
    FROM experience.journeys AS j
    LEFT JOIN LATERAL (
        SELECT t.value
        FROM merchants.terms AS t
        WHERE (t.merchant_id, t.kind) = (j.merchant_id, 'settlement_days')
            AND t.from_at <= j.delivered_at AND t.ended_at > j.delivered_at
        ORDER BY t.term_id DESC
        LIMIT 1
    ) AS t ON true
    WHERE j.merchant_id = :merchant_id::int AND j.source = 'live'
        AND j.delivered_at IS NOT NULL
        AND j.delivered_at < :to_day::date::timestamp AT TIME ZONE 'UTC'
)
SELECT d.due_on, d.days AS settlement_days, g.currency, count(*)::int AS fulfilment_orders,
    sum(g.goods_minor)::bigint AS goods_minor, sum(r.refunds_minor)::bigint AS refunds_minor
FROM delivered AS d
CROSS JOIN LATERAL (
    SELECT o.currency, sum(l.quantity * p.unit_price_minor) AS goods_minor
    FROM allocation.fulfilment_orders AS f
    JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (f.merchant_id, f.order_id)
    JOIN allocation.fulfilment_lines AS l
        ON (l.merchant_id, l.fulfilment_order_id) = (f.merchant_id, f.fulfilment_order_id)
    JOIN orders.lines AS p
        ON (p.merchant_id, p.order_id, p.line_no) = (f.merchant_id, f.order_id, l.line_no)
    WHERE (f.merchant_id, f.fulfilment_order_id) = (d.merchant_id, d.fulfilment_order_id)
    GROUP BY o.currency
) AS g
CROSS JOIN LATERAL (
    SELECT coalesce(sum(r.refund_minor), 0) AS refunds_minor
    FROM returns.rmas AS r
    WHERE (r.merchant_id, r.fulfilment_order_id) = (d.merchant_id, d.fulfilment_order_id)
        AND r.settled_at IS NOT NULL
) AS r
WHERE d.due_on >= :from_day::date AND d.due_on < :to_day::date
GROUP BY d.due_on, d.days, g.currency
ORDER BY d.due_on, g.currency, d.days
