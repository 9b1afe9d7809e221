WITH here AS (
    SELECT kind, status, count(*) AS n FROM lifecycle.subjects GROUP BY kind, status
), answered AS (
    SELECT count(*) FILTER (WHERE outcome = 'accepted') AS received,
        count(*) FILTER (WHERE outcome <> 'accepted') AS refused
    FROM orders.receipts
), parts AS (
    SELECT coalesce(sum(n) FILTER (WHERE status = 'cancelled'), 0) AS cancelled,
        coalesce(sum(n) FILTER (WHERE status NOT IN
            ('reserved', 'backordered', 'held', 'open', 'cancelled')), 0) AS allocated,
        coalesce(sum(n) FILTER (WHERE status IN
            ('picked', 'packed', 'shipped', 'delivered', 'undelivered')), 0) AS picked,
        coalesce(sum(n) FILTER (WHERE status IN
            ('packed', 'shipped', 'delivered', 'undelivered')), 0) AS packed,
        coalesce(sum(n) FILTER (WHERE status IN ('shipped', 'delivered')), 0) AS handed_over,
        coalesce(sum(n) FILTER (WHERE status = 'delivered'), 0) AS delivered,
        coalesce(sum(n) FILTER (WHERE status = 'undelivered'), 0) AS lost
    FROM here
    WHERE kind = 'fulfilment_order'
)
SELECT a.received, a.refused, p.cancelled::bigint, p.allocated::bigint, p.picked::bigint,
    p.packed::bigint,
    coalesce((SELECT sum(n) FROM here WHERE kind = 'parcel' AND status NOT IN
        ('awaiting_declaration', 'declared', 'customs_held', 'awaiting_label', 'refused')), 0)::bigint
        AS labelled,
    p.handed_over::bigint, p.delivered::bigint, p.lost::bigint,
    coalesce((SELECT sum(n) FROM here WHERE kind = 'return'), 0)::bigint AS returned,
    coalesce((SELECT sum(n) FROM here WHERE kind = 'return'
        AND status IN ('closed', 'rejected', 'lapsed')), 0)::bigint AS closed_returns,
    (SELECT count(*) FROM tracking.exceptions WHERE closed_at IS NULL) AS exceptions
FROM answered AS a, parts AS p
